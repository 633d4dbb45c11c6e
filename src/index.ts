/**
 * What `import … from 'oomph'` gives: a machine to call, challenges to run, and what a player's policy is written with.
 * docs/library.md describes it and says what versions promise.
 */

export type { Diagnostic } from './contract/diagnostic.ts';
export type { HookName } from './contract/hooks.ts';
export type { ConsoleLine, FaultCode, PolicyFault, PolicyInfo } from './contract/policy.ts';
export type {
  CaseResult,
  CaseStatus,
  CheckKind,
  CheckResult,
  CheckStatus,
  SpecResult,
  TestRun,
} from './contract/testing.ts';
export type {
  BugPlace,
  Comparison,
  CyclesSpent,
  FailureReport,
  GoalResult,
  KernelReport,
  NamedFilter,
  Outcome,
  ScoreResult,
  SeedVerdict,
  SilentSleep,
  StackFrame,
  Verdict,
} from './contract/verdict.ts';
export { builtinPolicies, metrics, version } from './library/catalogue.ts';
export { challengeIds, loadChallenge, parseChallenge } from './library/challenge.ts';
export { type ErrorCode, OomphError } from './library/errors.ts';
export { boot } from './library/machine.ts';
export type {
  Cache,
  CacheOptions,
  Caller,
  Gfp,
  GfpName,
  Machine,
  MachineOptions,
  Page,
  Size,
  SlabFlag,
  Snapshot,
  Time,
  ViewName,
  Zone,
} from './library/machineTypes.ts';
export { replay } from './library/replay.ts';
export { record, run } from './library/run.ts';
export type {
  AbortSignalLike,
  Challenge,
  ChallengeLoad,
  Explanation,
  LiveGoal,
  MetricInfo,
  OneSeedOptions,
  PolicyChoice,
  Progress,
  Recording,
  ReplayReport,
  RunOptions,
  RunSession,
} from './library/runTypes.ts';
export { play } from './library/session.ts';
export { testReport, testSpecs } from './library/testing.ts';
export type { ReporterName, TestOptions } from './library/testTypes.ts';
export {
  type BaseRequest,
  type BlockRequest,
  type CoalesceRequest,
  definePolicy,
  type FrameRequest,
  type GfpRequest,
  type InterruptRequest,
  type KswapdRequest,
  type MapRequest,
  type Mem,
  type PcpRequest,
  type PlacementRequest,
  type Policy,
  type ReclaimRequest,
  type RouteRequest,
  type SlabLimitRequest,
  type SlabMergeRequest,
  type SlabOrderRequest,
  type SlabPickRequest,
  type SlabReapRequest,
  type WatermarkRequest,
  type ZonelistRequest,
} from './policy/player.ts';
