"""Parts of flow_motion: motion as a sequence of states, and the flow that samples such sequences."""
