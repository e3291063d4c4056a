/** The error for a gate that stands in a guard's place, where it would let everybody through. */
export function misplaced(basePath: string): TypeError {
  return new TypeError(
    `The gate was used as a guard, but by itself it guards nothing. Guard with gate.require(policy), and mount the gate with app.use(gate), or where requests for its base path ${basePath} reach it.`,
  );
}

/** The error for a gate that is registered under a prefix that its base path does not have. */
export function outOfReach(basePath: string, prefix: string): TypeError {
  return new TypeError(
    `The gate is registered under ${prefix}, where no request for its base path ${basePath} arrives. Register it without the prefix, or set basePath: '${prefix}/step-up'.`,
  );
}
