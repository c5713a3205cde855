/** Reads the variables of a gateway process. `Interline` itself reads the variables for carriers, lines and policy. */
import * as ConsentWords from "@interline/core/ConsentWords"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as NearestWord from "@interline/core/NearestWord"
import type * as Vendor from "@interline/core/Vendor"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Vendors from "interline/Vendors"

/**
 * The settings of a gateway process. `variables` gives the meaning and the default of each value.
 *
 * @category models
 */
export interface Settings {
  readonly host: string
  readonly port: number
  readonly keepAlive: Duration.Duration
  readonly database: Redacted.Redacted<string>
  readonly sqlite: { readonly synchronous: "normal" | "full" }
  /** How other processes on the same PostgreSQL reach this one, and how it reaches the database for its locks. */
  readonly runner: {
    readonly host: Option.Option<string>
    readonly port: Option.Option<number>
    readonly database: Option.Option<Redacted.Redacted<string>>
  }
  /** The text of the variable, not parsed yet: `name=secret`, with commas between the pairs. */
  readonly apiKeys: Redacted.Redacted<string>
  /** The address at which the vendors reach this gateway, without a slash at the end. */
  readonly publicUrl: Option.Option<string>
  readonly callbackSecret: Option.Option<Redacted.Redacted<string>>
  readonly strict: boolean
  /** Lines by number. These are numbers that programs still name, although no configured carrier has them. */
  readonly aliases: Readonly<Record<Handle.Phone, Line.LineName>>
  /** What the fronts pass on to a vendor, by carrier and group of endpoints. */
  readonly passThrough: ReadonlyArray<{ readonly carrier: string; readonly group: string }>
  readonly allowPrivateUrls: boolean
  readonly corsOrigins: ReadonlyArray<string>
  readonly openMetrics: boolean
  /** Words that opt a person out or in when a message holds nothing else. They add to the words of `ConsentWords`. */
  readonly words: { readonly optOut: ReadonlyArray<string>; readonly optIn: ReadonlyArray<string> }
  readonly catchUp: { readonly atStart: boolean; readonly waitFor: Duration.Duration }
  readonly drainFor: Duration.Duration
  /** None: it depends on whether there may be other processes. */
  readonly drainNotice: Option.Option<Duration.Duration>
  readonly bodyWithin: Duration.Duration
}

/**
 * One environment variable, described.
 *
 * @category models
 */
export interface Variable {
  readonly name: string
  /** The meaning of the variable. */
  readonly says: string
  /** The form of its value. */
  readonly form: string
  /** The behaviour without the variable. */
  readonly otherwise: string
}

/**
 * The variable that holds the secrets of a carrier's webhooks.
 *
 * @category constructors
 */
export const webhookVariable = (prefix: string, vendor: string): string => `${prefix}${vendor.toUpperCase()}_WEBHOOK_SECRET`

/**
 * The variable that says how a carrier's events come.
 *
 * @category constructors
 */
export const eventsVariable = (prefix: string, vendor: string): string => `${prefix}${vendor.toUpperCase()}_EVENTS`

/** One variable for each vendor that has an event stream beside webhooks. */
const eventsVariables = Object.entries<Vendor.Vendor<never>>(Vendors.vendors).flatMap((
  [vendor, { feed, title }]
): ReadonlyArray<Variable> =>
  feed === undefined ? [] : [{
    name: eventsVariable("", vendor),
    says: `how ${title}'s events come: by webhooks, or by its event stream, which the gateway opens; then no address must be public`,
    form: "`webhooks` or `stream`",
    otherwise: "`webhooks`"
  }]
)

/** One variable for each vendor that has webhooks. */
const webhookVariables = Object.entries<Vendor.Vendor<never>>(Vendors.vendors).flatMap((
  [vendor, { title, webhookSecrets }]
): ReadonlyArray<Variable> =>
  webhookSecrets === undefined ? [] : [{
    name: webhookVariable("", vendor),
    says: `${webhookSecrets.called} of ${title}'s webhooks; two while one is being replaced`,
    form: webhookSecrets.form,
    otherwise: `${title}'s webhooks are refused`
  }]
)

/**
 * The variables of the gateway itself. `PREFIX_` stands for a carrier's own prefix, such as `LINQ_EU_`.
 *
 * @category models
 */
export const variables: ReadonlyArray<Variable> = [
  {
    name: "INTERLINE_API_KEYS",
    says: "who may use the gateway: several keys, each with a name",
    form: "`app=secret1,ops=secret2`, 16 characters or more each",
    otherwise: "the gateway does not start"
  },
  {
    name: "DATABASE_URL",
    says: "where everything is kept that must survive a restart",
    form: "`postgres://…`, `file:…` or a path",
    otherwise: "`file:interline.db`; `interline serve` over its own sandbox: `file:interline-sandbox.db`"
  },
  {
    name: "INTERLINE_SQLITE_SYNCHRONOUS",
    says: "`full` waits for the disk at every write, so that a power cut loses nothing",
    form: "`normal` or `full`",
    otherwise: "`normal`"
  },
  {
    name: "INTERLINE_RUNNER_HOST",
    says:
      "the address under which other processes on the same PostgreSQL reach this one; it has no encryption, so it belongs on a private network",
    form: "an address or a name",
    otherwise: "the first private address of this machine"
  },
  {
    name: "INTERLINE_RUNNER_PORT",
    says: "the port for other processes; set it if a firewall stands between the machines",
    form: "a number",
    otherwise: "a free port"
  },
  {
    name: "INTERLINE_RUNNER_DATABASE_URL",
    says: "the same database as `DATABASE_URL`, without a pooler in transaction mode: locks are held by connections",
    form: "`postgres://…`",
    otherwise: "`DATABASE_URL`"
  },
  { name: "HOST", says: "the address to listen on", form: "an address", otherwise: "`127.0.0.1`" },
  { name: "PORT", says: "the port to listen on; 0 picks a free one", form: "a number", otherwise: "8787" },
  {
    name: "INTERLINE_PUBLIC_URL",
    says: "where the vendors and programs reach this gateway; Sendblue is then asked to report each message, and files are named under it",
    form: "a URL with `https://` or `http://`",
    otherwise: "no report is asked for"
  },
  {
    name: "INTERLINE_CALLBACK_SECRET",
    says: "what the tokens in those reports' addresses are made with",
    form: "16 characters or more",
    otherwise: "needed with `INTERLINE_PUBLIC_URL`, whatever the carriers"
  },
  ...webhookVariables,
  ...eventsVariables,
  {
    name: "INTERLINE_STRICT",
    says: "the fronts refuse what would certainly lose something",
    form: "`true`, `yes`, `on`, `1`, or `false`, `no`, `off`, `0`",
    otherwise: "`false`"
  },
  {
    name: "INTERLINE_ALIASES",
    says: "numbers that programs still send from although no configured carrier has them",
    form: "`+12025550177=support`",
    otherwise: "none"
  },
  {
    name: "INTERLINE_PASS_THROUGH",
    says:
      "the groups of endpoints that a front passes on to the account of a carrier of its vendor, because the gateway does not carry them",
    form: "`sendblue:contacts,linq:messages`",
    otherwise: "nothing is passed on"
  },
  {
    name: "INTERLINE_ALLOW_PRIVATE_URLS",
    says: "media and callbacks may be at private addresses and without TLS",
    form: "`true`, `yes`, `on`, `1`, or `false`, `no`, `off`, `0`",
    otherwise: "`false`"
  },
  {
    name: "INTERLINE_CORS_ORIGINS",
    says: "the web pages that may call the API",
    form: "`https://a.example,https://b.example`",
    otherwise: "none"
  },
  {
    name: "INTERLINE_OPEN_METRICS",
    says: "`/metrics` answers without a key",
    form: "`true`, `yes`, `on`, `1`, or `false`, `no`, `off`, `0`",
    otherwise: "`false`"
  },
  {
    name: "INTERLINE_OPT_OUT_WORDS",
    says: "what also opts a person out, alone in a message, beside the words that always do; a word may be several",
    form: "`alto, parar, leave me alone`",
    otherwise: "none"
  },
  {
    name: "INTERLINE_OPT_IN_WORDS",
    says: "what also opts a person in again, alone in a message",
    form: "`yes, subscribe`",
    otherwise: "none"
  },
  {
    name: "INTERLINE_CATCH_UP",
    says:
      "whether carriers are asked at the start who opted out, and what was missed while the process was down, and whether they take our credentials and have our lines",
    form: "`on` or `off`",
    otherwise: "`on`"
  },
  {
    name: "INTERLINE_CATCH_UP_WAIT",
    says: "how long requests that reach a person wait at the start until that is known",
    form: "`30 seconds`",
    otherwise: "30 seconds"
  },
  {
    name: "INTERLINE_DRAIN",
    says: "how long sends under way may take when the gateway is stopped",
    form: "`30 seconds`",
    otherwise: "30 seconds"
  },
  {
    name: "INTERLINE_DRAIN_NOTICE",
    says: "how long the gateway still takes requests when it is stopped and `/readyz` says so, so that a balancer notices",
    form: "`5 seconds`",
    otherwise: "2 seconds if `DATABASE_URL` is PostgreSQL, or else no time"
  },
  {
    name: "INTERLINE_KEEP_ALIVE",
    says: "how long an idle connection stays open; longer than what stands in front keeps its own",
    form: "`65 seconds`, from 1 second to 1 day",
    otherwise: "65 seconds"
  },
  {
    name: "INTERLINE_BODY_TIMEOUT",
    says: "how long the body of a request may take to come; of a webhook 10 seconds at most, of a file 5 minutes through the fronts",
    form: "`30 seconds`",
    otherwise: "30 seconds"
  },
  {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    says: "where traces and metrics go, by OTLP over HTTP",
    form: "a URL with `https://` or `http://`",
    otherwise: "nowhere"
  },
  { name: "OTEL_EXPORTER_OTLP_HEADERS", says: "headers that go with them", form: "`name=value,name=value`", otherwise: "none" },
  { name: "OTEL_SERVICE_NAME", says: "what they call this process", form: "a name", otherwise: "`interline-gateway`" }
]

/**
 * The path at which the gateway takes the webhooks of a carrier.
 *
 * @category constructors
 */
export const webhookPath = (carrierId: string): string => `/webhooks/${carrierId}`

/**
 * Whether a webhook at a carrier leads to this gateway: its address begins with the public one. If no public address is configured, its path
 * ends with the path for the carrier's webhooks.
 *
 * @category combinators
 */
export const isOwnWebhook = ({ publicUrl }: Pick<Settings, "publicUrl">) => (carrierId: string, url: string): boolean =>
  Option.match(publicUrl, {
    onNone: () => URL.canParse(url) && new URL(url).pathname.toLowerCase().replace(/\/+$/, "").endsWith(webhookPath(carrierId)),
    onSome: (own) => url.startsWith(`${own}/`)
  })

const filled = <A>(config: Config.Config<A>, isBlank: (value: A) => boolean): Config.Config<Option.Option<A>> =>
  Config.map(Config.option(config), Option.filter((value) => !isBlank(value)))

const text = (name: string): Config.Config<Option.Option<string>> =>
  Config.map(filled(Config.string(name), (value) => value.trim() === ""), Option.map((value) => value.trim()))

const secret = (name: string): Config.Config<Option.Option<Redacted.Redacted<string>>> =>
  filled(Config.redacted(name), (value) => Redacted.value(value).trim() === "")

const flag = (name: string): Config.Config<boolean> =>
  Config.mapOrFail(
    text(name),
    Option.match({
      onNone: () => Either.right(false),
      onSome: (word) =>
        /^(true|1|yes|on)$/i.test(word)
          ? Either.right(true)
          : /^(false|0|no|off)$/i.test(word)
          ? Either.right(false)
          : Either.left(ConfigError.InvalidData([name], `the variable ${name} must be true, yes, on or 1, or false, no, off or 0`))
    })
  )

const oneOf = <const A extends string>(name: string, [first, ...others]: readonly [A, ...ReadonlyArray<A>]): Config.Config<A> =>
  Config.mapOrFail(
    text(name),
    Option.match({
      onNone: () => Either.right<A>(first),
      onSome: (word) =>
        Either.fromNullable(
          [first, ...others].find((known) => known === word.toLowerCase()),
          () => refuse(name, NearestWord.oneOf(word, [first, ...others]))
        )
    })
  )

const refuse = (name: string, what: string) => ConfigError.InvalidData([name], `the variable ${name} ${what}`)

const words = (text: Option.Option<string>): ReadonlyArray<string> =>
  Option.match(text, { onNone: () => [], onSome: (text) => text.split(",").map((word) => word.trim()).filter((word) => word !== "") })

const origin = (name: string, word: string): Either.Either<string, ConfigError.ConfigError> =>
  Either.filterOrLeft(
    Either.try({ try: () => new URL(word), catch: () => refuse(name, "holds something that is no URL") }),
    (url) => url.protocol === "https:" || url.protocol === "http:",
    () => refuse(name, "must begin with https:// or http://")
  ).pipe(Either.map(() => word.replace(/\/+$/, "")))

const portOf = (name: string): Config.Config<Option.Option<number>> =>
  Config.mapOrFail(
    text(name),
    Option.match({
      onNone: () => Either.right(Option.none<number>()),
      onSome: (word) =>
        /^\d{1,5}$/.test(word) && Number(word) <= 65_535
          ? Either.right(Option.some(Number(word)))
          : Either.left(refuse(name, "must be a number from 0 to 65535"))
    })
  )

const port = Config.map(portOf("PORT"), Option.getOrElse(() => 8787))

const url = (name: string): Config.Config<Option.Option<string>> =>
  Config.mapOrFail(text(name), (given) =>
    Option.match(given, {
      onNone: () => Either.right(Option.none<string>()),
      onSome: (word) => Either.map(origin(name, word), Option.some)
    }))

/**
 * The address that receives traces and metrics (`OTEL_EXPORTER_OTLP_ENDPOINT`), without a slash at the end.
 *
 * @category constructors
 */
export const otlpEndpoint: Config.Config<Option.Option<string>> = url("OTEL_EXPORTER_OTLP_ENDPOINT")

// The check is the same as the adapter's. It runs at the start, so that a bad value is not found only when Sendblue comes into use.
const callbackSecret = Config.mapOrFail(
  secret("INTERLINE_CALLBACK_SECRET"),
  (given) =>
    Option.exists(given, (value) => !/^[\x21-\x7e]{16,}$/.test(Redacted.value(value).trim()))
      ? Either.left(refuse("INTERLINE_CALLBACK_SECRET", "must be 16 printable ASCII characters or more, without spaces"))
      : Either.right(given)
)

const corsOrigins = Config.mapOrFail(
  text("INTERLINE_CORS_ORIGINS"),
  (given) => Either.all(words(given).map((word) => origin("INTERLINE_CORS_ORIGINS", word)))
)

/** Reads a list of words. Each word needs a letter or a digit, because nothing else of a word is compared. */
const consentWords = (name: string, meaning: "opt-out" | "opt-in"): Config.Config<ReadonlyArray<string>> =>
  Config.mapOrFail(text(name), (given) => {
    const found = words(given)
    if (!found.every((word) => ConsentWords.normalize(word) !== "")) {
      return Either.left(refuse(name, "holds a word without a letter or a digit; write words and commas between"))
    }
    // START must end an opt-out, HELP must be answered, and STOP must stay an opt-out. So these words cannot get another meaning.
    const other = found.map((word) => ConsentWords.read(word)).find((read) => read !== undefined && read !== meaning)
    return other === undefined
      ? Either.right(found)
      : Either.left(refuse(name, `holds ${wordOf[other]}, which keeps its meaning; leave it out`))
  })

const wordOf = {
  "opt-out": "a word that opts out",
  "opt-in": "a word that opts in",
  help: "a word that asks for help"
} as const satisfies Record<
  ConsentWords.Meaning,
  string
>

/** Refuses a word that is in both lists: it would opt people out, and nobody could use it to opt in. */
const ownWords = Config.mapOrFail(
  Config.all({ optOut: consentWords("INTERLINE_OPT_OUT_WORDS", "opt-out"), optIn: consentWords("INTERLINE_OPT_IN_WORDS", "opt-in") }),
  (found) => {
    const out = new Set(found.optOut.map(ConsentWords.normalize))
    return found.optIn.some((word) => out.has(ConsentWords.normalize(word)))
      ? Either.left(refuse("INTERLINE_OPT_IN_WORDS", "holds a word that is also in INTERLINE_OPT_OUT_WORDS; leave it out of one of them"))
      : Either.right(found)
  }
)

const isLineName = Schema.is(Line.LineName)

const alias = (entry: string): Either.Either<readonly [Handle.Phone, Line.LineName], ConfigError.ConfigError> => {
  const [number = "", line = "", ...rest] = entry.split("=").map((word) => word.trim())
  const phone = Either.getOrUndefined(Handle.parse(number))
  return rest.length === 0 && isLineName(line) && phone !== undefined && Handle.isPhone(phone)
    ? Either.right([phone, line])
    : Either.left(refuse("INTERLINE_ALIASES", "cannot be read; write +12025550177=support and commas between"))
}

const aliases = Config.mapOrFail(
  text("INTERLINE_ALIASES"),
  (given) =>
    Either.map(Either.all(words(given).map(alias)), (entries): Readonly<Record<Handle.Phone, Line.LineName>> => Object.fromEntries(entries))
)

const passed = (entry: string): Either.Either<Settings["passThrough"][number], ConfigError.ConfigError> => {
  const [carrier = "", group = "", ...rest] = entry.split(":").map((word) => word.trim().toLowerCase())
  return rest.length === 0 && carrier !== "" && group !== ""
    ? Either.right({ carrier, group })
    : Either.left(refuse("INTERLINE_PASS_THROUGH", "cannot be read; write sendblue:contacts and commas between"))
}

/**
 * What the fronts pass on to a vendor (`INTERLINE_PASS_THROUGH`).
 *
 * @category constructors
 */
export const passThrough: Config.Config<Settings["passThrough"]> = Config.mapOrFail(
  text("INTERLINE_PASS_THROUGH"),
  (given) => Either.all(words(given).map(passed))
)

const optionalTime = (name: string): Config.Config<Option.Option<Duration.Duration>> =>
  Config.mapOrFail(
    text(name),
    Option.match({
      onNone: () => Either.right(Option.none()),
      onSome: (word) =>
        Either.map(
          // Refuse a number without a unit: one reader would take it for seconds, another for milliseconds.
          /^0+$/.test(word)
            ? Either.right(Duration.zero)
            : /^\d+$/.test(word)
            ? Either.left(refuse(name, `has no unit; write ${word} seconds, if seconds are meant`))
            : Either.fromOption(
              Option.filter(Duration.decodeUnknown(word), Duration.isFinite),
              () => refuse(name, "must be a time with its unit, as 30 seconds")
            ),
          Option.some
        )
    })
  )

const time = (name: string, otherwise: Duration.Duration): Config.Config<Duration.Duration> =>
  Config.map(optionalTime(name), Option.getOrElse(() => otherwise))

/**
 * The API keys, in the form of the variable (`INTERLINE_API_KEYS`).
 *
 * @category constructors
 */
export const apiKeys: Config.Config<Redacted.Redacted<string>> = Config.mapOrFail(
  secret("INTERLINE_API_KEYS"),
  Option.match({
    onNone: () =>
      Either.left(
        ConfigError.MissingData(
          ["INTERLINE_API_KEYS"],
          "the variable INTERLINE_API_KEYS must name at least one key, as app=… with 16 characters or more"
        )
      ),
    onSome: Either.right
  })
)

const host = Config.map(text("HOST"), Option.getOrElse(() => "127.0.0.1"))

// A timer of Node cannot be longer than 24 days, and 0 would keep connections open for ever.
const keepAlive = Config.mapOrFail(
  time("INTERLINE_KEEP_ALIVE", Duration.seconds(65)),
  (given) =>
    Duration.between(given, { minimum: Duration.seconds(1), maximum: Duration.days(1) })
      ? Either.right(given)
      : Either.left(refuse("INTERLINE_KEEP_ALIVE", "must be a time from 1 second to 1 day"))
)

/**
 * The address on which a process listens, and how long it keeps idle connections.
 *
 * @category constructors
 */
export const address: Config.Config<Pick<Settings, "host" | "port" | "keepAlive">> = Config.all({ host, port, keepAlive })

/**
 * The address at which the vendors reach the gateway (`INTERLINE_PUBLIC_URL`), without a slash at the end.
 *
 * @category constructors
 */
export const publicUrl: Config.Config<Option.Option<string>> = url("INTERLINE_PUBLIC_URL")

const stores = {
  database: Config.map(secret("DATABASE_URL"), Option.getOrElse(() => Redacted.make("file:interline.db"))),
  sqlite: Config.all({
    synchronous: oneOf("INTERLINE_SQLITE_SYNCHRONOUS", ["normal", "full"])
  })
}

/**
 * Only the settings of the database, for a program that works on it beside the gateway.
 *
 * @category constructors
 */
export const databaseSettings: Config.Config<Pick<Settings, "database" | "sqlite">> = Config.all(stores)

/**
 * Only the settings of those who read webhooks.
 *
 * @category constructors
 */
export const webhookSettings: Config.Config<Pick<Settings, "callbackSecret" | "words">> = Config.all({ callbackSecret, words: ownWords })

/**
 * Reads every setting from the environment. If a value cannot be used, the error is one sentence. It names the variable and shows no
 * secret.
 *
 * @category constructors
 */
export const settings: Config.Config<Settings> = Config.all({
  host,
  port,
  keepAlive,
  ...stores,
  runner: Config.all({
    host: text("INTERLINE_RUNNER_HOST"),
    port: portOf("INTERLINE_RUNNER_PORT"),
    database: secret("INTERLINE_RUNNER_DATABASE_URL")
  }),
  apiKeys,
  publicUrl,
  callbackSecret,
  strict: flag("INTERLINE_STRICT"),
  aliases,
  passThrough,
  allowPrivateUrls: flag("INTERLINE_ALLOW_PRIVATE_URLS"),
  corsOrigins,
  openMetrics: flag("INTERLINE_OPEN_METRICS"),
  words: ownWords,
  catchUp: Config.all({
    atStart: Config.map(oneOf("INTERLINE_CATCH_UP", ["on", "off"]), (word) => word === "on"),
    waitFor: time("INTERLINE_CATCH_UP_WAIT", Duration.seconds(30))
  }),
  drainFor: time("INTERLINE_DRAIN", Duration.seconds(30)),
  drainNotice: optionalTime("INTERLINE_DRAIN_NOTICE"),
  bodyWithin: time("INTERLINE_BODY_TIMEOUT", Duration.seconds(30))
})

/**
 * How the events of a carrier come. With `stream`, webhooks are taken too, if their secret is set. `prefix` is the carrier's own prefix, or
 * `""` for a carrier that has the name of its vendor.
 *
 * @category constructors
 */
export const eventsSource = (prefix: string, vendor: string): Config.Config<"webhooks" | "stream"> =>
  oneOf(eventsVariable(prefix, vendor), ["webhooks", "stream"])

/**
 * The secrets of a carrier's webhooks: the newest and the one before it. The list is empty if the variable is not set. `prefix` is the
 * carrier's own prefix, or `""` for a carrier that has the name of its vendor.
 *
 * @category constructors
 */
export const webhookSecrets = (prefix: string, vendor: string): Config.Config<ReadonlyArray<Redacted.Redacted<string>>> =>
  Config.map(
    secret(webhookVariable(prefix, vendor)),
    Option.match({
      onNone: () => [],
      onSome: (given) => words(Option.some(Redacted.value(given))).map(Redacted.make)
    })
  )
