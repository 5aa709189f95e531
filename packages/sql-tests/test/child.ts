import { memoryStores } from '@phone-auth/core/memory'
import { serveStores } from '../src/index.ts'

// Stores that every process has for itself, in the place of a database.
serveStores((_, options) => ({
  ...memoryStores(options),
  migrate: async () => undefined,
  close: async () => undefined,
}))
