package discover

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Settings decodes the first JSON document of a file as the command lines do, by Go's own JSON package: names in
// whatever case, of a name that stands twice the last. An empty file is none. It is done by the JSON library that is linked anyway.
func Settings(data []byte, v any) error {
	err := json.UnmarshalDecode(jsontext.NewDecoder(bytes.NewReader(data)), v, lenient())
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// Document is [Settings] for a file that has one document and nothing else.
func Document(data []byte, v any) error { return json.Unmarshal(data, v, lenient()) }

func lenient() json.Options {
	return json.JoinOptions(json.MatchCaseInsensitiveNames(true), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}
