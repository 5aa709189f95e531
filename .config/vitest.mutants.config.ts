import { defineConfig } from 'vitest/config'
import everything from './vitest.config.ts'

// The tests of the core's rules need no database, and Stryker reports the results.
const { globalSetup: _, reporters: __, ...test } = everything.test ?? {}

export default defineConfig({
  ...everything,
  test: {
    ...test,
    include: ['packages/core/test/{limits,challenge}/*.test.ts'],
    // A mutant must fail a test of its rule, not only one of many thousand simulated calls.
    exclude: ['**/{adversary,uniformity}.test.ts'],
  },
})
