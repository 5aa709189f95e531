import { defineConfig } from 'vitest/config'
import everything from './vitest.config.ts'

// The tests that take too long for every change.
export default defineConfig({
  ...everything,
  test: { ...everything.test, include: ['packages/*/test/**/*.long.test.ts'], exclude: [] },
})
