/** The `interline` command's parts, for programs that want to run the demo or a gateway themselves. */
export * as Demo from "./Demo.ts"
export * as Serve from "./Serve.ts"
