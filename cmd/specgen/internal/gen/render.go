package gen

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

var templates = template.Must(template.New("").ParseFS(templateFiles, "templates/*.tmpl"))

// render returns the text of every file of a model, by its path.
func render(m *Model) (map[string][]byte, error) {
	out := make(map[string][]byte, len(m.Files))
	for _, f := range m.Files {
		text, err := renderFile(f)
		if err != nil {
			return nil, err
		}
		out[f.Path] = text
	}
	return out, nil
}

func renderFile(f *File) ([]byte, error) {
	var buf bytes.Buffer
	if err := templates.ExecuteTemplate(&buf, f.Template+".tmpl", f); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	text, err := format.Source(buf.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%s: what was rendered is no Go, see %s: %w", f.Path, keepRaw(f.Path, buf.Bytes()), err)
	}
	return text, nil
}

// keepRaw keeps a text that can't be formatted where it can be looked at, and returns the place.
func keepRaw(name string, text []byte) string {
	raw, err := os.CreateTemp("", "specgen-*-"+strings.ReplaceAll(filepath.Base(name), ".gen.go", ".raw.txt"))
	if err != nil {
		return "nowhere: " + err.Error()
	}
	_, err = raw.Write(text)
	if closeErr := raw.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return "nowhere: " + err.Error()
	}
	return raw.Name()
}
