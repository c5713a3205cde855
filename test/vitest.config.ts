import { defineConfig } from "vitest/config"

export default defineConfig({
  resolve: { conditions: ["@interline/source"] },
  ssr: { resolve: { conditions: ["@interline/source", "node", "import", "module", "default"] } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    server: { deps: { inline: [/@interline\//, /packages\//, /^interline/] } },
    pool: "forks",
    poolOptions: { forks: { maxForks: 2 } },
    testTimeout: 20_000
  }
})
