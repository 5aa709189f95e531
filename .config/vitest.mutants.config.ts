import { defineConfig } from 'vitest/config'
import everything from './vitest.config.ts'

// The tests of the core's rules need no database, and Stryker reports the results.
const { globalSetup: _, reporters: __, ...test } = everything.test ?? {}

export default defineConfig({
  ...everything,
  test: {
    ...test,
    include: ['packages/core/test/**/*.test.ts'],
    exclude: [
      // They read the sources, which Stryker changes.
      '**/{architecture,limits-in-core,public-surface}.test.ts',
      // They are slow, and other tests find the same mutants.
      '**/{adversary,confidentiality,uniformity}.test.ts',
    ],
  },
})
