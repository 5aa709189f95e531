import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

interface Job {
  readonly permissions: Record<string, string>
  readonly steps: readonly { readonly name?: string; readonly uses?: string; readonly run?: string }[]
  readonly strategy?: { readonly matrix: { readonly node: readonly number[] } }
}
interface Workflow {
  readonly permissions: Record<string, string>
  readonly jobs: Record<string, Job>
}

const folder = '.github/workflows'
const workflows = readdirSync(join(root, folder)).map((name) => {
  const text = read(join(folder, name))
  return { name, text, workflow: parse(text) as Workflow }
})
const ci = workflows.find(({ name }) => name === 'ci.yml')?.workflow

describe('the workflows', () => {
  it('run the steps of .ci/run, with the same names, order and commands', () => {
    const [, ...parts] = read('.ci/run').split(/^step '/m)
    const promises = parts.map((part) => {
      const [name = '', ...lines] = part.split(/'\n|\n/)
      return { name, lines }
    })
    const steps = ci?.jobs.promises?.steps.filter(({ uses }) => uses === undefined) ?? []
    expect(promises.length).toBeGreaterThan(4)
    expect(steps.map(({ name }) => name)).toEqual(promises.map(({ name }) => name))
    for (const [index, { name, lines }] of promises.entries()) {
      // .ci/run also saves the tests' output, for its last line.
      const [command = ''] = (lines[0] ?? '').split(' 2>&1 | tee')
      expect(steps[index]?.run, name).toBe(command)
    }
  })

  it('test the oldest Node.js that the packages support', () => {
    const { engines } = JSON.parse(read('packages/core/package.json')) as { engines: { node: string } }
    expect(engines.node).toBe(`>=${ci?.jobs.runtimes?.strategy?.matrix.node[0]}`)
  })

  it('start without permissions, and declare the permissions of each job', () => {
    for (const { name, workflow } of workflows) {
      expect(workflow.permissions, name).toEqual({})
      for (const job of Object.values(workflow.jobs)) expect(job.permissions, name).toBeDefined()
    }
  })

  it('pin actions to a commit, with the version in a comment', () => {
    for (const { name, text } of workflows) {
      for (const [line] of text.matchAll(/uses:.*/g)) {
        expect(line, name).toMatch(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
      }
    }
  })
})
