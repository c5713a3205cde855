/**
 * The `interline` command's parts, for programs that want to run the demo themselves.
 *
 * @since 0.1.0
 */
export * as Demo from "./Demo.ts"
