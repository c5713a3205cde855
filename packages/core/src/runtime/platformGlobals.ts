/** Gives access to modules of Node, where the runtime has them. Without them everything still works, but some things less well. */

/** The parts of Node's modules that are used here. */
interface Builtins {
  readonly "node:diagnostics_channel": {
    readonly subscribe: (name: string, listener: (message: unknown) => void) => void
  }
  readonly "node:zlib": {
    readonly brotliDecompress: (
      bytes: Uint8Array,
      options: { readonly maxOutputLength: number },
      done: (error: Error | null, decoded: Uint8Array) => void
    ) => void
  }
}

interface Process {
  readonly getBuiltinModule?: <Name extends keyof Builtins>(name: Name) => Builtins[Name] | undefined
}

/** A module of Node, also in a bundle for the web, where it is undefined: an import would break there. */
export const builtin = <Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined =>
  (globalThis as { readonly process?: Process }).process?.getBuiltinModule?.(name)
