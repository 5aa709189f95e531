import { serveStores } from '@phone-auth/sql-tests'
import { postgresStores } from '../src/index.ts'
import type { Target } from './subject.ts'

serveStores((target, options) => postgresStores({ ...(JSON.parse(target) as Target), ...options, maxConnections: 8 }))
