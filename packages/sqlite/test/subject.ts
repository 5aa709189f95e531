import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subject } from '@phone-auth/sql-tests'
import { afterAll } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'phone-auth-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** The path of a file that does not exist yet, in a folder that is deleted after the tests. */
export function newFile(): string {
  files += 1
  return join(folder, `${files}.db`)
}

export const sqliteSubject: Subject = {
  name: 'SQLite',
  child: new URL('./child.ts', import.meta.url),
  newTarget: newFile,
}
