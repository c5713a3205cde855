/** Builds the console into the package of the gateway, which serves it at `/console/`. */
import { defineConfig } from "vite"

// where `npm run dev` finds a gateway
const gateway = process.env["INTERLINE_URL"] ?? "http://127.0.0.1:8787"

export default defineConfig({
  base: "/console/",
  build: {
    outDir: "../gateway/console",
    emptyOutDir: true,
    target: "es2022",
    // a style or picture inside of a script would need a weaker content policy
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      // it is meant for servers, and there is none
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" ? undefined : warn(warning)
    }
  },
  esbuild: { jsx: "automatic", legalComments: "none" },
  server: { proxy: { "/v1": gateway, "/sandbox": gateway, "/metrics": gateway } }
})
