package protocol

import (
	"encoding/json"
	"fmt"
)

// Level says how much is done to tell origins.
type Level int

const (
	// None renders only.
	None Level = iota
	// Positions tells what little more than one render tells.
	Positions
	// All renders again with changed sources, to prove what is left open.
	All
)

// UnmarshalJSON reads false, true (positions), "positions" or "all".
func (l *Level) UnmarshalJSON(text []byte) error {
	var asked any
	if err := json.Unmarshal(text, &asked); err != nil {
		return err
	}
	switch asked {
	case nil, false:
		*l = None
	case true, "positions":
		*l = Positions
	case "all":
		*l = All
	default:
		return fmt.Errorf("origins are `positions` or `all`, not `%s`", text)
	}
	return nil
}
