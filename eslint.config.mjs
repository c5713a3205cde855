// Where editors look for it.
export { default } from "./test/eslint.config.mjs"
