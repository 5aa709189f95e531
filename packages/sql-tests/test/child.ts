import { memoryStores } from '@phone-auth/core/memory'
import { serveStores } from '../src/index.ts'

// Memory stores, separate in every process, instead of a database.
serveStores((_, options) => ({
  ...memoryStores(options),
  migrate: async () => undefined,
  close: async () => undefined,
}))
