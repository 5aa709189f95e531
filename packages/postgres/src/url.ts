import { DatabaseSetupError } from '@phone-auth/kysely'
import { Client, type ClientConfig } from 'pg'

/**
 * Checks that the driver can read a URL. No message quotes the URL, because it may contain a
 * password.
 *
 * @throws {@link DatabaseSetupError} if not.
 */
export function checkUrl(connectionString: string): void {
  // The driver would take every other text for the name of a database.
  if (!/^(postgres(ql)?:|socket:|\/)/.test(connectionString)) {
    throw invalid('It must begin with postgresql://.')
  }
  const { host, port } = clientOf(connectionString)
  if (!(Number.isInteger(port) && port > 0 && port < 65_536)) throw invalid('The port must be a number up to 65535.')
  if (host.includes(',')) throw invalid('It names several hosts, and pg connects to one.')
}

function clientOf(connectionString: string): Client {
  try {
    return new Client({ connectionString })
  } catch (error) {
    const { code, message, syscall } = error as NodeJS.ErrnoException
    if (syscall !== undefined) {
      throw new DatabaseSetupError(
        code ?? 'url',
        `${message}. Check the file that connectionString names, such as sslrootcert.`,
        true,
        error,
      )
    }
    // Not passed on as the cause, because errors of URLs contain the URL.
    const reason = error instanceof URIError || code === 'ERR_INVALID_URL' ? '' : `${message} `
    throw invalid(`${reason}Percent-encode special characters, such as %40 for @, %2F for / and %25 for %.`)
  }
}

function invalid(reason: string): DatabaseSetupError {
  return new DatabaseSetupError('url', `connectionString cannot be used. ${reason}`, true)
}

function lenientClient(config: ClientConfig): Client {
  try {
    return new Client(config)
  } catch (error) {
    const connect = (done: (error: unknown) => void) => process.nextTick(done, error)
    return Object.assign(new Client({}), { connect })
  }
}

/**
 * The client of a pool. The driver reads the files that a URL names for each client, and throws if
 * one is gone, where the pool cannot catch it. Here the connection fails instead.
 */
export const LenientClient = lenientClient as unknown as typeof Client
