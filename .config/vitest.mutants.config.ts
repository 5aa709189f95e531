import { defineConfig } from 'vitest/config'
import everything from './vitest.config.ts'

// The rules of core: these folders call neither a store nor a sender. A changed rule must fail a
// test of these folders, so a run needs no slower tests and no database.
const RULES = '{challenge,limits,message,phone-number,profile,settings,time}'

const { globalSetup: _, reporters: __, ...test } = everything.test ?? {}

export default defineConfig({
  ...everything,
  test: {
    ...test,
    include: [`packages/core/test/${RULES}/*.test.ts`],
    // Two are slow. The third reads the sources, which Stryker changes.
    exclude: ['**/{adversary,limits-in-core}.test.ts', '**/*.long.test.ts'],
  },
})
