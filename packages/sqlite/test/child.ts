import { serveStores } from '../../kysely/test/serving.ts'
import { sqliteStores } from '../src/index.ts'

serveStores(sqliteStores)
