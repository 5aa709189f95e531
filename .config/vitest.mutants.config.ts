import { defineConfig } from 'vitest/config'
import everything from './vitest.config.ts'

// The tests of the core's rules need no database, and Stryker reports the results.
const { globalSetup: _, reporters: __, ...test } = everything.test ?? {}

export default defineConfig({ ...everything, test })
