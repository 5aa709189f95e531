/**
 * The SQL schema, migrations and queries of Phone Auth, for a Kysely instance that the application
 * owns.
 *
 * @module @phone-auth/kysely
 */

export { postgres } from './postgres/dialect.ts'
export type { SqlDialect } from './query/dialect.ts'
export { SchemaMissingError, SchemaTooNewError } from './schema/apply-migrations.ts'
export { DatabaseSetupError } from './schema/setup-error.ts'
export { sqlite } from './sqlite/dialect.ts'
export { type KyselyStores, type KyselyStoresOptions, kyselyStores } from './stores/kysely-stores.ts'
