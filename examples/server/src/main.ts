import { isPhoneAuthError } from '@phone-auth/core'
import { ConfigError, readConfig } from './config.ts'
import { welcome } from './welcome.ts'

// The SQLite driver's binary takes an older Node.js down without a word.
if (Number(process.versions.node.split('.')[0]) < 22) {
  console.error(`This server needs Node.js 22 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}

try {
  const { startServer } = await import('./server.ts')
  const config = readConfig(process.env)
  const server = await startServer(config)
  const stop = () => {
    console.log('Stopping.')
    server.stop().then(() => process.exit(0))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  console.log(welcome(server.url, config))
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') console.error('The port is in use. Choose another one: PORT=8001 npm start')
  else if (error instanceof ConfigError || isPhoneAuthError(error)) console.error(message)
  else console.error(error)
  process.exit(1)
}
