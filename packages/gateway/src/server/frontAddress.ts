/** Where a front stands: what of it matters to every request. */

export interface FrontAddress {
  /** The vendor's name for people. */
  readonly title: string
  /** The first segment of its paths, as `/acme`. */
  readonly prefix: string
  /** What stands below `prefix` if a path is one of the vendor's own, without the prefix. `undefined` if it is none of them. */
  readonly ownAddress: (segments: ReadonlyArray<string>) => ReadonlyArray<string> | undefined
}
