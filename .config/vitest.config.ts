import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = '@phone-auth/source'

// Tests start many processes, each of which would compile the sources again.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url))

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  resolve: { conditions: [source] },
  ssr: { resolve: { conditions: [source, 'node', 'module'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', '.config/test/**/*.test.ts'],
    // They have a command of their own: npm run test:long.
    exclude: ['**/*.long.test.ts'],
    reporters: ['default', fileURLToPath(new URL('summary-reporter.ts', import.meta.url))],
    globalSetup: fileURLToPath(new URL('../packages/test-servers/src/postgres.ts', import.meta.url)),
    maxWorkers: 2,
    // Warnings are a part of what is tested; only those of failing tests help.
    silent: 'passed-only',
    // Tests of several processes on two cores are slow, so the timeouts are long.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
