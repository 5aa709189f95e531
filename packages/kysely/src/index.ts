/**
 * The SQL schema, migrations and queries of Phone Auth, for a Kysely instance that the application owns.
 *
 * @module
 */

export { type SqlDialect, sqlite } from './dialect.ts'
export { SchemaTooNewError } from './migrate.ts'
export { type KyselyStores, type KyselyStoresOptions, kyselyStores } from './stores.ts'
