import { serveStores } from '@phone-auth/sql-tests'
import { sqliteStores } from '../src/index.ts'

serveStores(sqliteStores)
