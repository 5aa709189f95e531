import { readFileSync } from 'node:fs'
import { authOn, OTHER_PHONE, PHONE } from '@phone-auth/sql-tests'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { expect, it } from 'vitest'
import { type Database, migrate, order, orders } from './application-tables.ts'
import { newSchema, postgresUrl, raw } from './subject.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

it('the tables of the application in the documentation refer to those of the stores, and lose their rows with a user', async () => {
  expect(read('../../../docs/databases.md')).toContain(read('application-tables.ts'))
  const name = newSchema()
  await raw(`create database ${name}`)
  const connectionString = Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: new Pool({ connectionString }) }) })
  const stores = await migrate(db, connectionString)
  // A second start finds everything done.
  await (await migrate(db, connectionString)).close()
  const { auth, signIn } = authOn(stores)
  const ada = (await signIn(PHONE)).user
  const other = (await signIn(OTHER_PHONE)).user
  await auth.updateProfile({ userId: ada.id, profile: { name: 'Ada' } })
  await order(db, ada.id, 5)
  await order(db, other.id, 7)
  expect(await orders(db)).toEqual([
    { total: 5, phone_number: PHONE, name: 'Ada' },
    { total: 7, phone_number: OTHER_PHONE, name: null },
  ])
  await auth.deleteUser({ userId: ada.id })
  expect(await orders(db)).toEqual([{ total: 7, phone_number: OTHER_PHONE, name: null }])
  await auth.close()
  await db.destroy()
  await raw(`drop database ${name}`)
})
