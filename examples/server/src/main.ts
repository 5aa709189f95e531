import { isPhoneAuthError } from '@phone-auth/core'
import { ConfigError, readConfig } from './config.ts'
import { startServer } from './server.ts'
import { welcome } from './welcome.ts'

try {
  const config = readConfig(process.env)
  const server = await startServer(config)
  const stop = () => {
    console.log('Stopping.')
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  console.log(welcome(server, config))
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') console.error('The port is in use. Choose another one: PORT=8001 npm start')
  else if (error instanceof ConfigError || isPhoneAuthError(error)) console.error(message)
  else console.error(error)
  process.exit(1)
}
