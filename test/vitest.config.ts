import { defineConfig } from "vitest/config"

export default defineConfig({
  resolve: { conditions: ["@interline/source"] },
  // Node is told these too: "import" among them would make it load ES modules where CommonJS is required
  ssr: { resolve: { conditions: ["@interline/source", "node"] } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    server: { deps: { inline: [/@interline\//, /packages\//, /^interline/] } },
    globalSetup: "test/support/run.ts",
    pool: "forks",
    poolOptions: { forks: { maxForks: 2 } },
    testTimeout: 20_000
  }
})
