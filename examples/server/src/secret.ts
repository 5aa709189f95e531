import { randomBytes, randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from './config.ts'

const SECRET_BYTES = 48

/**
 * The secret kept in `file`; made at the first start, so that a restart keeps every session.
 *
 * It is written aside and then linked into place, so that it is there whole or not at all, however
 * many servers start at once on one file and whenever they are killed.
 *
 * @throws {@link ConfigError} if the file cannot be made, or holds something else.
 */
export function keptSecret(file: string): string {
  mkdirSync(dirname(file), { recursive: true })
  const draft = `${file}.${randomUUID()}`
  writeFileSync(draft, randomBytes(SECRET_BYTES).toString('base64url'), { mode: 0o600, flush: true })
  try {
    linkSync(draft, file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw new ConfigError(`Set JWT_SECRET_KEY: no secret can be kept in ${file} (${message}).`)
  } finally {
    rmSync(draft)
  }
  const secret = readFileSync(file, 'utf8').trim()
  if (Buffer.from(secret, 'base64url').length !== SECRET_BYTES) {
    throw new ConfigError(
      `${file} does not hold the secret that was made there. Restore it, or delete it to make a new one.`,
    )
  }
  return secret
}
