package tools

import "encoding/json"

// ReflectSchemas makes both schemas of a tool from its structs, whatever is kept.
func (t Tool) ReflectSchemas() (input, output json.RawMessage, err error) {
	if input, err = t.reflectInput(); err != nil {
		return nil, nil, err
	}
	output, err = t.reflectOutput()
	return input, output, err
}
