import type { Config } from './config.ts'
import type { RunningServer } from './server.ts'

/** The text printed at start: the server's URL and configuration, and requests to try. */
export function welcome({ url, database, secretFile, provider }: RunningServer, { regions, ignored }: Config): string {
  const post = (path: string, body: string) =>
    `  curl -s ${url}${path} -H 'Content-Type: application/json' -d '${body}'`
  return `
Phone Auth listens on ${url}
  database  ${database}
  secret    ${secretFile === null ? 'from JWT_SECRET_KEY' : `stored in ${secretFile}. Servers that share a database must share it: set JWT_SECRET_KEY`}
  regions   ${regions.join(', ')}
  SMS       ${provider}${ignored.length === 0 ? '' : `\n  ignored   ${ignored.join(', ')}`}

Sign up (the code ${provider.includes('printed here') ? 'appears below' : 'is sent'}):
${post('/auth/signup', '{"phone_number":"+14155550123"}')}
${post('/auth/verify-otp', '{"phone_number":"+14155550123","otp_code":"CODE"}')}

Then use the token from the answer:
  TOKEN=…
${post('/auth/complete-profile', '{"phone_number":"+14155550123","name":"Ada Lovelace","email":"ada@example.com"}')} -H "Authorization: Bearer $TOKEN"
  curl -s ${url}/auth/profile -H "Authorization: Bearer $TOKEN"
  curl -s -X POST ${url}/auth/logout -H "Authorization: Bearer $TOKEN"

Log in again:
${post('/auth/login', '{"phone_number":"+14155550123"}')}
${post('/auth/verify-login', '{"phone_number":"+14155550123","otp_code":"CODE"}')}
`
}
