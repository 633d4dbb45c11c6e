/** What `import … from 'oomph'` gives: the engine, and what a player's policy is written with. */
export * from './engine/index.ts';
export {
  type BaseRequest,
  type BlockRequest,
  definePolicy,
  type Mem,
  type PcpRequest,
  type PlacementRequest,
  type Policy,
  type WatermarkRequest,
  type ZonelistRequest,
} from './policy/player.ts';
