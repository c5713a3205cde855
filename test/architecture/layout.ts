/** How the files of each package are laid out, as data. `test/architecture` holds the code against it. */

/**
 * The folders of `src`, called wings, from the top row down. A file may import files of its own wing and of the rows below it.
 * `.` is `src` itself. A folder below a wing belongs to that wing.
 */
export const wings: Readonly<Record<string, ReadonlyArray<ReadonlyArray<string>>>> = {
  core: [["."], ["messaging"], ["carrier"], ["http"], ["outcome", "events"], ["content"], ["language", "names"], ["runtime"]],
  router: [["."], ["simulation", "service"], ["delivery"], ["policy", "health", "ownership"], ["ledger"], ["decision"], ["runtime"]],
  gateway: [
    ["."],
    ["api", "fronts/linq", "fronts/sendblue"],
    ["consent", "console", "shadow"],
    ["catchup"],
    ["inbox"],
    ["events", "fronts/kit"],
    ["once"],
    ["server"],
    ["access"],
    ["http"],
    ["egress", "config"]
  ],
  sql: [["."], ["queues", "comparison"], ["messaging", "records", "requests", "access"], ["rows"], ["database"]],
  sandbox: [["."], ["control", "vendors/linq", "vendors/sendblue"], ["server"], ["world"], ["http"]],
  migration: [["."], ["report", "import"], ["translate"], ["calls"]],
  linq: [["."], ["convert"], ["wire"]],
  sendblue: [["."], ["convert"], ["wire"]]
}

/** The most files that a folder of `src` holds. */
export const filesPerFolder = 15

/** Folders that have the same files, but for the vendor's name, and the files that only one vendor has a use for. */
export const twins: ReadonlyArray<{
  readonly folders: readonly [string, string]
  readonly names: readonly [string, string]
  readonly alone: ReadonlyArray<string>
}> = [
  {
    folders: ["linq/src", "sendblue/src"],
    names: ["Linq", "Sendblue"],
    alone: ["convert/polls.ts", "wire/VendorCallback.ts", "wire/serverSentEvents.ts", "convert/liveEvents.ts", "VendorFeed.ts"]
  },
  {
    folders: ["gateway/src/fronts/linq", "gateway/src/fronts/sendblue"],
    names: ["Linq", "Sendblue"],
    alone: ["events/pollEvents.ts", "events/streamEvent.ts", "events/eventStream.ts"]
  },
  { folders: ["sandbox/src/vendors/linq", "sandbox/src/vendors/sendblue"], names: ["Linq", "Sendblue"], alone: ["eventStream.ts"] }
]

/** Where a vendor may be named. Paths are below `packages`. */
export const vendors: Readonly<Record<"names" | "neutral" | "tables" | "homes" | "models", ReadonlyArray<string>>> = {
  names: ["linq", "sendblue"],
  /** Packages that know vendors by tables only. */
  neutral: ["core", "router", "sql", "interline", "gateway", "migration", "testkit"],
  /** The tables: one row for each vendor. */
  tables: ["interline/src/Vendors.ts", "gateway/src/fronts.ts", "migration/src/translate/vendors.ts"],
  /** What belongs to one vendor, whose name stands for the star. */
  homes: ["*/src/", "gateway/src/fronts/*/", "sandbox/src/vendors/*/"],
  /** The models of both vendors. */
  models: ["router/src/simulation/", "router/src/ledger/suite/"]
}

/** Where a rule does not hold yet. A list may only shrink: `test/architecture` fails for an entry that is mended. */
export const left: {
  readonly circles: ReadonlyArray<string>
  readonly folders: ReadonlyArray<string>
  readonly twins: ReadonlyArray<string>
  readonly names: ReadonlyArray<string>
} = {
  circles: [],
  folders: [],
  twins: [],
  names: [
    "packages/router/src/simulation/runs/scenario.ts exports Stranger: stranger is not used",
    "packages/router/src/simulation/runs/scenario.ts exports stranger: stranger is not used"
  ]
}
