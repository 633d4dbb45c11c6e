/** How the player looks at a run: which pages, how large, which panes. Plain data, a part of the model. */
export interface RunView {
  /** The keys that move belong to the cursor of the map, and the page under it is shown. */
  inspecting: boolean;
  /** Page frame under the cursor, -1 before there was one. */
  cursor: number;
  /** Pages in a cell of the zone that is looked at closely; 0: all zones, as large as they fit. */
  perCell: number;
  /** Index among the panes that the machine has: which one stands under the map. */
  panel: number;
}

export const FIRST_VIEW: RunView = { inspecting: false, cursor: -1, perCell: 0, panel: 0 };
