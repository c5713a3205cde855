/** The address of a front: the part that every request needs. */

export interface FrontAddress {
  /** The vendor's name for people. */
  readonly title: string
  /** The first segment of its paths, such as `/acme`. */
  readonly prefix: string
  /** The vendor's own address for a path, without the prefix. `undefined`: the path is not one of the vendor's. */
  readonly ownAddress: (segments: ReadonlyArray<string>) => ReadonlyArray<string> | undefined
}
