/**
 * The SQL schema, migrations and queries of Phone Auth, for a Kysely instance that the application owns.
 *
 * @module
 */

export type { SqlDialect } from './dialect.ts'
export { postgres } from './dialects/postgres.ts'
export { sqlite } from './dialects/sqlite.ts'
export { SchemaMissingError, SchemaTooNewError } from './migrate.ts'
export { type KyselyStores, type KyselyStoresOptions, kyselyStores } from './stores.ts'
