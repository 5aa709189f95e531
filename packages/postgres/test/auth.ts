import type { PhoneAuthOptions } from '@phone-auth/core'
import { authOn } from '@phone-auth/sql-tests'
import { type PostgresStoresOptions, postgresStores } from '../src/index.ts'
import { newSchema, postgresUrl } from './subject.ts'

/** A `PhoneAuth` on a new schema, with access to its messages. */
export function setup(stores: Partial<PostgresStoresOptions> = {}, options: Partial<PhoneAuthOptions> = {}) {
  const schema = stores.schema ?? newSchema()
  const where = stores.pool === undefined ? { connectionString: postgresUrl } : {}
  return { ...authOn(postgresStores({ ...where, ...stores, schema }), options), schema }
}
