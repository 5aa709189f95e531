import { randomBytes, randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from './config.ts'

const SECRET_BYTES = 48

/**
 * Returns the secret stored in `file`. The first start creates it, so sessions survive a restart.
 *
 * The secret is written to a temporary file, which is then linked to `file`. So `file` is complete
 * or missing, even if several servers start at once or one is killed.
 *
 * @throws {@link ConfigError} if the file cannot be created or contains something else.
 */
export function readOrCreateSecret(file: string): string {
  mkdirSync(dirname(file), { recursive: true })
  const draft = `${file}.${randomUUID()}`
  writeFileSync(draft, randomBytes(SECRET_BYTES).toString('base64url'), { mode: 0o600, flush: true })
  try {
    linkSync(draft, file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw new ConfigError(`Set JWT_SECRET_KEY: cannot store a secret in ${file} (${message}).`)
  } finally {
    rmSync(draft)
  }
  const secret = readFileSync(file, 'utf8').trim()
  if (Buffer.from(secret, 'base64url').length !== SECRET_BYTES) {
    throw new ConfigError(
      `${file} does not contain the secret that was created there. Restore it, or delete it to create a new one.`,
    )
  }
  return secret
}
