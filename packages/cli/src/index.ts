/**
 * The `interline` command's parts, for programs that want to run the demo or a gateway themselves.
 *
 * @since 0.1.0
 */
export * as Demo from "./Demo.ts"
export * as Serve from "./Serve.ts"
