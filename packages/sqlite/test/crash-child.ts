import { serve } from '@phone-auth/conformance/processes'
import { PhoneAuth } from '@phone-auth/core'
import { kyselyStores, sqlite } from '@phone-auth/kysely'
import { SECRET } from '@phone-auth/sql-tests'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'

// A process that kills itself right after the nth statement, without cleaning up. `endAfter` starts
// the count.

let statementsLeft = Number.POSITIVE_INFINITY
let statements = 0

const file = process.argv[2] ?? ''
const database = new Database(file)
database.pragma('journal_mode = WAL')
database.pragma('synchronous = FULL')
database.pragma('foreign_keys = ON')
const db = new Kysely({
  dialect: new SqliteDialect({ database }),
  log: () => {
    statements += 1
    statementsLeft -= 1
    if (statementsLeft <= 0) process.kill(process.pid, 'SIGKILL')
  },
})

let lastText = ''
const auth = new PhoneAuth({
  ...kyselyStores(db, sqlite),
  smsSender: {
    send: async ({ text }) => {
      lastText = text
      return {}
    },
  },
  secret: SECRET,
  allowedRegions: ['US'],
})

serve({
  auth: {
    start: async (phoneNumber: string) => {
      const { challengeId } = await auth.start({ phoneNumber })
      return { challengeId, code: lastText.slice(0, 6) }
    },
    verify: (challengeId: string, code: string) => auth.verify({ challengeId, code }),
  },
  control: {
    /** Ends the process after `count` more statements. */
    endAfter: (count: number) => {
      statementsLeft = count
    },
    statements: () => statements,
  },
})

export interface CrashChild {
  auth: {
    start(phoneNumber: string): Promise<{ challengeId: string; code: string }>
    verify(challengeId: string, code: string): Promise<unknown>
  }
  control: { endAfter(count: number): Promise<void>; statements(): Promise<number> }
}
