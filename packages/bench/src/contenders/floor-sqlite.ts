import { openFile } from './databases.ts'
import { type FloorDatabase, KNOWN, type NumberLimits, type SourceLimits, STRANGER } from './floor-limits.ts'

const TABLES = `
  create table floor_budgets (subject text primary key, state text not null) without rowid;
  create table floor_users (id integer primary key autoincrement, number integer unique not null,
    active integer not null default 1, name text, email text, created_at integer not null);
  create table floor_sessions (id blob primary key, user_id integer not null, refresh_hash blob not null,
    created_at integer not null, expires_at integer not null, revoked_at integer) without rowid;`

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

interface Challenge {
  readonly id: string
  readonly codeHash: string
  readonly expiresAt: number
  guesses: number
  readonly address: number
  readonly minute: number
}

/** The budget of a number. Instants and challenges have the newest first. */
interface NumberBudget {
  succeededAt: number
  readonly messages: number[]
  readonly failures: number[]
  challenges: Challenge[]
}

/** The budget of a number and a network. */
interface PairBudget {
  succeededAt: number
  readonly messages: number[]
}

/** Counts by the number of the sub-window. */
type Counts = Record<number, number>

/** The budget of an address or a network. */
interface SourceBudget {
  readonly starts: Counts
  readonly reserved: Counts
  readonly failures: Counts
}

/** The floor on SQLite: a few prepared statements in one transaction for each operation. */
export function openSqliteFloor(file: string, limits: SourceLimits): FloorDatabase {
  const db = openFile(file)
  db.exec(TABLES)
  const select = db.prepare<[string], string>('select state from floor_budgets where subject = ?').pluck()
  const upsert = db.prepare('insert or replace into floor_budgets (subject, state) values (?, ?)')
  const findUser = db.prepare<[number], { id: number; active: number }>(
    'select id, active from floor_users where number = ?',
  )
  const insertUser = db.prepare('insert into floor_users (number, created_at) values (?, ?)')
  const insertSession = db.prepare(
    'insert into floor_sessions (id, user_id, refresh_hash, created_at, expires_at) values (?, ?, ?, ?, ?)',
  )
  const profile = db.prepare<[Buffer, number], object>(`
    select u.id, number, active, name, email, u.created_at from floor_sessions s join floor_users u on u.id = s.user_id
    where s.id = ? and s.revoked_at is null and s.expires_at > ?`)
  const logout = db.prepare(
    'update floor_sessions set revoked_at = @now where id = @id and revoked_at is null and expires_at > @now',
  )

  const read = <Budget>(subject: string, empty: () => Budget): Budget => {
    const state = select.get(subject)
    return state === undefined ? empty() : JSON.parse(state)
  }
  const write = (subject: string, budget: object) => upsert.run(subject, JSON.stringify(budget))

  const start = db.transaction((number: number, address: number, id: string, codeHash: string, now: number) => {
    const subjects = subjectsOf(number, address)
    const ofNumber = read(subjects.number, newNumber)
    const ofPair = read(subjects.pair, newPair)
    const isKnown = ofPair.succeededAt > now - 90 * DAY
    demand(isCool(ofNumber, now) && fits(ofNumber, isKnown ? KNOWN : STRANGER, now))
    demand(hasRoom(ofPair.messages, 3, now - HOUR) && hasRoom(ofPair.messages, 5, now - DAY))
    const minute = Math.floor(now / MINUTE)
    const sources = [
      [subjects.address, limits.address],
      [subjects.network, limits.network],
    ] as const
    for (const [subject, limit] of sources) {
      const budget = read(subject, newSource)
      const starts = add(budget.starts, Math.floor(minute / 6), 1)
      const guesses = add(budget.reserved, minute, 5) + add(budget.failures, Math.floor(minute / 6), 0)
      demand(starts <= limit.starts && guesses <= limit.guesses)
      write(subject, budget)
    }
    ofNumber.messages.unshift(now)
    ofNumber.messages.splice(10)
    ofNumber.challenges = ofNumber.challenges.filter(({ expiresAt }) => expiresAt > now)
    ofNumber.challenges.unshift({ id, codeHash, expiresAt: now + 10 * MINUTE, guesses: 5, address, minute })
    write(subjects.number, ofNumber)
    ofPair.messages.unshift(now)
    ofPair.messages.splice(5)
    write(subjects.pair, ofPair)
  })

  const verify = db.transaction(
    (number: number, id: string, codeHash: string, session: Buffer, refreshHash: Buffer, now: number) => {
      const ofNumber = read(`n${number}`, newNumber)
      const challenge = ofNumber.challenges.find((one) => one.id === id)
      if (challenge === undefined || challenge.expiresAt <= now || challenge.guesses === 0) return null
      const subjects = subjectsOf(number, challenge.address)
      const isRight = challenge.codeHash === codeHash
      for (const subject of [subjects.address, subjects.network]) {
        const budget = read(subject, newSource)
        if (challenge.minute in budget.reserved)
          add(budget.reserved, challenge.minute, isRight ? -challenge.guesses : -1)
        if (!isRight) add(budget.failures, Math.floor(now / MINUTE / 6), 1)
        write(subject, budget)
      }
      if (!isRight) {
        challenge.guesses -= 1
        ofNumber.failures.unshift(now)
        ofNumber.failures.splice(100)
        write(subjects.number, ofNumber)
        return null
      }
      ofNumber.challenges = ofNumber.challenges.filter((one) => one !== challenge)
      ofNumber.succeededAt = now
      write(subjects.number, ofNumber)
      write(subjects.pair, { ...read(subjects.pair, newPair), succeededAt: now })
      const user = findUser.get(number) ?? { id: Number(insertUser.run(number, now).lastInsertRowid), active: 1 }
      if (user.active === 0) return null
      insertSession.run(session, user.id, refreshHash, now, now + 30 * DAY)
      return user.id
    },
  )

  return {
    start: async ({ number, address, id, codeHash }) =>
      start.immediate(number, address, id.toString('base64url'), codeHash.toString('base64url'), Date.now()),
    verify: async ({ number, id, codeHash, sessionId, refreshHash }) => {
      const texts = [id.toString('base64url'), codeHash.toString('base64url')] as const
      return verify.immediate(number, ...texts, sessionId, refreshHash, Date.now())
    },
    profile: async (sessionId) => profile.get(sessionId, Date.now()) ?? null,
    logout: async (sessionId) => logout.run({ id: sessionId, now: Date.now() }).changes === 1,
    close: async () => {
      db.close()
    },
  }
}

const newNumber = (): NumberBudget => ({ succeededAt: 0, messages: [], failures: [], challenges: [] })
const newPair = (): PairBudget => ({ succeededAt: 0, messages: [] })
const newSource = (): SourceBudget => ({ starts: {}, reserved: {}, failures: {} })

function subjectsOf(number: number, address: number) {
  const network = address >>> 8
  return { number: `n${number}`, pair: `n${number}|${network}`, address: `a${address}`, network: `w${network}` }
}

function demand(isAdmitted: boolean): void {
  if (!isAdmitted) throw new Error('limited')
}

/** Whether fewer than `limit` instants are after `since`. */
function hasRoom(instants: readonly number[], limit: number, since: number): boolean {
  return limit > 0 && !((instants[limit - 1] ?? 0) > since)
}

function isCool({ messages, succeededAt }: NumberBudget, now: number): boolean {
  return [30, 90, 210, 510].every((wait, index) =>
    hasRoom(messages, index + 1, Math.max(succeededAt, now - wait * 1000)),
  )
}

function fits({ messages, failures, challenges, succeededAt }: NumberBudget, limits: NumberLimits, now: number) {
  const live = challenges.filter(({ expiresAt }) => expiresAt > now)
  // The new challenge needs room for its last guess, after all others that may still be made.
  const others = live.reduce((sum, { guesses }) => sum + guesses, 4)
  return (
    hasRoom(messages, limits.messages.hour, now - HOUR) &&
    hasRoom(messages, limits.messages.day, now - DAY) &&
    hasRoom(failures, limits.guesses.hour - others, now - HOUR) &&
    hasRoom(failures, limits.guesses.day - others, now - DAY) &&
    hasRoom(failures, limits.guesses.month - others, now - 30 * DAY) &&
    hasRoom(failures, 50 - others, succeededAt)
  )
}

/** Adds to a sub-window. Returns the sum of the window: the last ten sub-windows and this one. */
function add(counts: Counts, slot: number, count: number): number {
  let sum = count
  for (const key in counts) {
    if (Number(key) < slot - 10) delete counts[key]
    else sum += counts[key] ?? 0
  }
  if (count !== 0) counts[slot] = (counts[slot] ?? 0) + count
  return sum
}
