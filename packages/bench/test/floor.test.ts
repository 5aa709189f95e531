import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {} from '@phone-auth/test-servers/postgres'
import Database from 'better-sqlite3'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type FloorDatabase, SOURCES } from '../src/contenders/floor-limits.ts'
import { openPostgresFloor } from '../src/contenders/floor-postgres.ts'
import { openSqliteFloor } from '../src/contenders/floor-sqlite.ts'

interface Opened {
  readonly database: FloorDatabase
  /** Moves all that a number did, and its networks, into the past. */
  age(number: number, seconds: number): Promise<void>
  close(): Promise<void>
}

async function openOnPostgres(): Promise<Opened> {
  const name = `phone_auth_floor_${process.pid}`
  const server = new Client({ connectionString: inject('postgresUrl') })
  await server.connect()
  await server.query(`create database ${name}`)
  const url = Object.assign(new URL(inject('postgresUrl')), { pathname: `/${name}` }).href
  const database = await openPostgresFloor(url, SOURCES, { statements: 0 })
  const client = new Client({ connectionString: url })
  await client.connect()
  return {
    database,
    age: async (number, seconds) => {
      const past = `- make_interval(secs => ${seconds})`
      await client.query(`update floor_numbers set succeeded_at = succeeded_at ${past},
        messages = array(select m ${past} from unnest(messages) m), failures = array(select f ${past} from unnest(failures) f),
        challenges = array(select row(id, code_hash, expires_at ${past}, guesses, address, slot)::floor_challenge from unnest(challenges))
        where number = ${number}`)
      await client.query(`update floor_number_networks set succeeded_at = succeeded_at ${past},
        messages = array(select m ${past} from unnest(messages) m) where number = ${number}`)
    },
    close: async () => {
      await database.close()
      await client.end()
      await server.query(`drop database ${name} with (force)`)
      await server.end()
    },
  }
}

async function openOnSqlite(): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'phone-auth-floor-'))
  const file = join(folder, 'floor.db')
  const database = openSqliteFloor(file, SOURCES)
  const db = new Database(file)
  return {
    database,
    age: async (number, seconds) => {
      const rows = db
        .prepare<[string, string], { subject: string; state: string }>(
          'select subject, state from floor_budgets where subject = ? or subject like ?',
        )
        .all(`n${number}`, `n${number}|%`)
      for (const { subject, state } of rows) {
        const older = JSON.stringify(JSON.parse(state), (_, value) =>
          typeof value === 'number' && value > 1e12 ? value - seconds * 1000 : value,
        )
        db.prepare('update floor_budgets set state = ? where subject = ?').run(older, subject)
      }
    },
    close: async () => {
      db.close()
      await database.close()
      rmSync(folder, { recursive: true })
    },
  }
}

let nextNumber = 12_010_000_000
const newNumber = () => nextNumber++
let nextNetwork = 10 * 2 ** 24
const newAddress = () => {
  nextNetwork += 256
  return nextNetwork
}
const RIGHT = Buffer.alloc(32, 1)
const WRONG = Buffer.alloc(32, 2)

describe.each([
  ['PostgreSQL', openOnPostgres],
  ['SQLite', openOnSqlite],
])('the floor on %s', (_, open) => {
  let opened: Opened
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened.close())

  const start = async (number: number, address: number): Promise<Buffer | null> => {
    const id = randomBytes(16)
    return opened.database.start({ number, address, id, codeHash: RIGHT }).then(
      () => id,
      (error) => {
        expect(error.message).toMatch('limited')
        return null
      },
    )
  }
  const verify = (number: number, id: Buffer | null, codeHash: Buffer) =>
    opened.database.verify({
      number,
      id: id ?? Buffer.alloc(16),
      codeHash,
      sessionId: randomBytes(16),
      refreshHash: randomBytes(32),
    })
  const admitted = async (starts: Promise<Buffer | null>[]) =>
    (await Promise.all(starts)).filter((id) => id !== null).length

  it('sends one message to a number at a time, however many callers ask', async () => {
    const number = newNumber()
    expect(await admitted(Array.from({ length: 20 }, () => start(number, newAddress())))).toBe(1)
  })

  it('waits 30, 60, 120 and 300 seconds between messages, until a sign-in', async () => {
    const number = newNumber()
    expect(await start(number, newAddress())).not.toBeNull()
    await opened.age(number, 29)
    expect(await start(number, newAddress())).toBeNull()
    await opened.age(number, 2)
    const id = await start(number, newAddress())
    expect(id).not.toBeNull()
    await opened.age(number, 31)
    expect(await start(number, newAddress())).toBeNull()
    expect(await verify(number, id, RIGHT)).not.toBeNull()
    expect(await start(number, newAddress())).not.toBeNull()
  })

  it('rolls its windows: at most 3 messages in every hour', async () => {
    const number = newNumber()
    for (const seconds of [1200, 1200, 1140]) {
      expect(await start(number, newAddress())).not.toBeNull()
      await opened.age(number, seconds)
    }
    // 3540 seconds after the first message.
    expect(await start(number, newAddress())).toBeNull()
    await opened.age(number, 61)
    expect(await start(number, newAddress())).not.toBeNull()
    expect(await start(number, newAddress())).toBeNull()
  })

  it('allows more messages from a network from which the number signed in', async () => {
    const number = newNumber()
    const home = newAddress()
    for (let message = 0; message < 2; message += 1) {
      expect(await verify(number, await start(number, home), RIGHT)).not.toBeNull()
    }
    expect(await verify(number, await start(number, newAddress()), RIGHT)).not.toBeNull()
    // Three messages in this hour, of which two were to the known network.
    expect(await start(number, newAddress())).toBeNull()
    expect(await start(number, home)).not.toBeNull()
  })

  it('consumes a challenge once, however many callers send the right code', async () => {
    const number = newNumber()
    const id = await start(number, newAddress())
    const results = await Promise.all(Array.from({ length: 20 }, () => verify(number, id, RIGHT)))
    expect(results.filter((userId) => userId !== null)).toHaveLength(1)
  })

  it('allows five wrong codes for a challenge, and then not the right one', async () => {
    const number = newNumber()
    const id = await start(number, newAddress())
    await Promise.all(Array.from({ length: 4 }, () => verify(number, id, WRONG)))
    expect(await verify(number, id, RIGHT)).not.toBeNull()
    const again = await start(number, newAddress())
    await Promise.all(Array.from({ length: 5 }, () => verify(number, again, WRONG)))
    expect(await verify(number, again, RIGHT)).toBeNull()
  })

  it('reserves guesses of a number until a challenge expires', async () => {
    const number = newNumber()
    expect(await start(number, newAddress())).not.toBeNull()
    await opened.age(number, 100)
    expect(await start(number, newAddress())).not.toBeNull()
    await opened.age(number, 400)
    // Both challenges are open: 10 guesses are reserved.
    expect(await start(number, newAddress())).toBeNull()
    await opened.age(number, 150)
    // The first one has expired.
    expect(await start(number, newAddress())).not.toBeNull()
  })

  it('allows strangers 10 wrong codes for a number in an hour, and 20 in a day', async () => {
    const number = newNumber()
    for (const seconds of [100, 1000]) {
      const id = await start(number, newAddress())
      for (let guess = 0; guess < 5; guess += 1) await verify(number, id, WRONG)
      await opened.age(number, seconds)
    }
    expect(await start(number, newAddress())).toBeNull()
    await opened.age(number, 3600)
    for (const seconds of [100, 4000]) {
      const id = await start(number, newAddress())
      expect(id).not.toBeNull()
      for (let guess = 0; guess < 5; guess += 1) await verify(number, id, WRONG)
      await opened.age(number, seconds)
    }
    expect(await start(number, newAddress())).toBeNull()
    await opened.age(number, 86_400)
    expect(await start(number, newAddress())).not.toBeNull()
  })

  it('reserves guesses of an address and a network, and returns them with the right code', async () => {
    const address = newAddress()
    // 60 guesses of the address are 12 challenges.
    expect(await admitted(Array.from({ length: 30 }, () => start(newNumber(), address)))).toBe(12)
    // 200 guesses of the network are 40 challenges.
    const neighbours = Array.from({ length: 60 }, (_, index) => start(newNumber(), address + 1 + index))
    expect(await admitted(neighbours)).toBe(28)

    const network = newAddress()
    const number = newNumber()
    const first = await start(number, network)
    expect(await admitted(Array.from({ length: 30 }, () => start(newNumber(), network)))).toBe(11)
    await verify(number, first, WRONG)
    expect(await start(newNumber(), network)).toBeNull()
    expect(await verify(number, first, RIGHT)).not.toBeNull()
    // 55 reserved and one wrong: no room for 5 more.
    expect(await start(newNumber(), network)).toBeNull()
  })

  it('allows 150 starts of an address in an hour', async () => {
    const address = newAddress()
    let count = 0
    for (; count < 160; count += 1) {
      const number = newNumber()
      const id = await start(number, address)
      if (id === null) break
      expect(await verify(number, id, RIGHT)).not.toBeNull()
    }
    expect(count).toBe(150)
  })
})
