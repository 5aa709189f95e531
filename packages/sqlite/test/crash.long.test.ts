import { startProcess } from '@phone-auth/conformance/processes'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { CrashChild } from './crash-child.ts'
import { newFile } from './subject.ts'

const PHONE = '+14155550101'

async function startChild(file: string) {
  const process = await startProcess(new URL('./crash-child.ts', import.meta.url), {
    args: [file],
    execArgv: ['--conditions=@phone-auth/source'],
  })
  return {
    auth: process.remote<CrashChild['auth']>('auth'),
    control: process.remote<CrashChild['control']>('control'),
    kill: process.kill,
  }
}

function rowsOf(file: string) {
  const database = new Database(file, { readonly: true })
  const count = (table: string, where = 'true') =>
    (database.prepare(`select count(*) as n from phone_auth_${table} where ${where}`).get() as { n: number }).n
  const rows = {
    consumed: count('challenges', 'consumed_at is not null'),
    sessions: count('sessions'),
    users: count('users'),
  }
  database.close()
  return rows
}

describe('a process that is killed', () => {
  it('REL-1 after any statement of a verify leaves a code that still works, or exactly one session', async () => {
    const counting = await startChild(newFile())
    const opened = await counting.auth.start(PHONE)
    const before = await counting.control.statements()
    await counting.auth.verify(opened.challengeId, opened.code)
    const statements = (await counting.control.statements()) - before
    await counting.kill()
    // begin, claim, settle (two), find user, insert user, insert session, commit
    expect(statements).toBeGreaterThanOrEqual(8)

    const outcomes: string[] = []
    for (let failpoint = 1; failpoint <= statements; failpoint += 1) {
      const file = newFile()
      const victim = await startChild(file)
      const { challengeId, code } = await victim.auth.start(PHONE)
      await victim.control.endAfter(failpoint)
      await expect(victim.auth.verify(challengeId, code)).rejects.toThrow('The process ended.')
      await victim.kill()

      const { consumed, sessions, users } = rowsOf(file)
      expect({ consumed, users }).toEqual({ consumed: sessions, users: sessions })
      const survivor = await startChild(file)
      const repeat = await survivor.auth.verify(challengeId, code).then(
        () => 'signed in',
        (error) => error.code,
      )
      expect(repeat).toBe(sessions === 1 ? 'challenge_expired' : 'signed in')
      expect(rowsOf(file)).toEqual({ consumed: 1, sessions: 1, users: 1 })
      outcomes.push(repeat)
      await survivor.kill()
    }
    // Only a kill after the commit finds the code used.
    expect(outcomes).toEqual([...Array.from({ length: statements - 1 }, () => 'signed in'), 'challenge_expired'])
  })
})
