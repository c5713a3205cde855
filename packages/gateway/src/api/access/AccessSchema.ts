/** Schemas for who may use the API, and for who did what. */
import * as IsoTime from "@interline/core/IsoTime"
import { LineName } from "@interline/core/Line"
import { optional } from "@interline/core/Optional"
import { EpochMillis } from "@interline/core/Time"
import * as ApiKeyTable from "@interline/sql/ApiKeyTable"
import * as AuditTable from "@interline/sql/AuditTable"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { PageParams } from "../ApiSchema.ts"

/**
 * The body that creates a key. `name` says who uses it, and is written down with what the key does. It is there only once, also among
 * revoked keys. Without `lines` the key is for all lines. Without `expiresAt` it is valid until it is revoked.
 *
 * @category models
 */
export const KeyRequest = Schema.Struct({
  name: Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9_-]{1,64}$/)).annotations({
    message: () => "must have 1 to 64 letters, digits, dashes and underscores"
  }),
  scopes: Schema.NonEmptyArray(ApiKeyTable.KeyScope),
  lines: optional(Schema.NonEmptyArray(LineName)),
  expiresAt: optional(IsoTime.Text)
}).annotations({ identifier: "KeyRequest", parseOptions: { onExcessProperty: "error", errors: "all" } })

const keyFields = Schema.Struct({
  source: Schema.Literal("api"),
  ...ApiKeyTable.StoredKey.fields,
  secret: optional(Schema.Redacted(Schema.String))
})

/**
 * A key that was created over the API. `secret` is there only once, in the answer that created it.
 *
 * @category models
 */
export const CreatedKey = IsoTime.encodeTimes(keyFields).annotations({ identifier: "CreatedKey" })

/**
 * A key of the environment (`INTERLINE_API_KEYS`). It may do everything, and ends when it is taken out of the environment.
 *
 * @category models
 */
export const ConfiguredKey = Schema.Struct({
  source: Schema.Literal("environment"),
  ...Struct.pick(ApiKeyTable.StoredKey.fields, "name", "scopes")
}).annotations({ identifier: "ConfiguredKey" })

/**
 * Every key, without secrets: first those of the environment, then the created ones, the newest first.
 *
 * @category models
 */
export const Keys = Schema.Struct({ items: Schema.Array(Schema.Union(ConfiguredKey, CreatedKey)) }).annotations({ identifier: "Keys" })

const credential = Schema.Redacted(Schema.NonEmptyString)

const strict = { parseOptions: { onExcessProperty: "error", errors: "all" } } as const

/**
 * The body that begins a session: the secret of an API key, or the token of a link that `interline serve` printed. A link is valid once, for 10 minutes, in the
 * process that printed it.
 *
 * @category models
 */
export const SignInRequest = Schema.Union(Schema.Struct({ key: credential }), Schema.Struct({ link: credential })).annotations({
  identifier: "SignInRequest",
  ...strict
})

/**
 * What the request may do: the name, scopes and lines of its key. `until`: when its session ends. A request that showed the key itself has none. `masked`:
 * whether answers hide people's numbers and texts, as they do for sessions.
 *
 * @category models
 */
export const SessionRecord = IsoTime.encodeTimes(Schema.Struct({
  name: Schema.String,
  scopes: Schema.Array(ApiKeyTable.KeyScope),
  lines: optional(Schema.Array(LineName)),
  until: optional(EpochMillis),
  masked: Schema.Boolean
})).annotations({ identifier: "Session" })

/**
 * The conditions for a list of acts. `actor`: the name of a key. `act`: the name of an operation, or the method and path of a front. `subject`:
 * exactly what an act was done to.
 *
 * @category models
 */
export const AuditParams = Schema.Struct({
  ...PageParams.fields,
  actor: optional(Schema.NonEmptyString),
  act: optional(Schema.NonEmptyString),
  subject: optional(Schema.NonEmptyString),
  since: optional(IsoTime.Text),
  until: optional(IsoTime.Text)
})

/**
 * Who did what, the newest first. `outcome`: whether it was done, or it is not known.
 *
 * @category models
 */
export const Audit = IsoTime.encodeTimes(Schema.Struct({ items: Schema.Array(AuditTable.Entry), next: optional(Schema.String) }))
  .annotations({
    identifier: "Audit"
  })
