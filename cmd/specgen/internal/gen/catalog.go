package gen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The catalog of an engine is what package catalog embeds: the facts of the operations of all kept versions, each
// record once with the versions that it holds for, one to a line.
const (
	catalogDir    = "catalog"
	catalogSuffix = ".gen.json"
)

func catalogFile(engine string) string { return catalogDir + "/" + engine + catalogSuffix }

// catalogRecord is one operation as one or several versions have it. Package catalog reads it.
type catalogRecord struct {
	Versions    string         `json:"versions"` // "1.25-1.31 1.44-"
	ID          string         `json:"id"`
	Category    string         `json:"category"`
	Name        string         `json:"name"`
	Method      string         `json:"method"`
	Path        string         `json:"path"`
	At          string         `json:"at,omitempty"` // the version in the path, where it isn't the release
	Slow        bool           `json:"slow,omitempty"`
	NotModified bool           `json:"notModified,omitempty"` // 304 is a success
	Others      []Other        `json:"others,omitempty"`
	Summary     string         `json:"summary"`
	URL         string         `json:"url,omitempty"` // with {version}
	Params      []catalogParam `json:"params,omitempty"`
	Body        *catalogBody   `json:"body,omitempty"`
	Kind        string         `json:"kind"`
	Answer      string         `json:"answer,omitempty"`
	Need        []string       `json:"need,omitempty"`
	Headers     []string       `json:"headers,omitempty"` // "X-Name" or "X-Name,base64json"
	Upgrade     string         `json:"upgrade,omitempty"`
	TTY         *catalogTTY    `json:"tty,omitempty"`
	Lifetime
}

type catalogParam struct {
	Name      string   `json:"name"`
	In        string   `json:"in"`
	Type      string   `json:"type"`
	Encoding  string   `json:"encoding,omitempty"`
	Values    []string `json:"values,omitempty"`
	Required  bool     `json:"required,omitempty"`
	Anonymous bool     `json:"anonymous,omitempty"`
	Unset     string   `json:"unset,omitempty"`
	Lifetime
}

type catalogBody struct {
	Type      string `json:"type,omitempty"`
	MediaType string `json:"mediaType"`
	Required  bool   `json:"required,omitempty"`
}

// catalogTTY is the read that tells whether logs are framed.
type catalogTTY struct {
	Inspect  string `json:"inspect"`
	Member   string `json:"member"`
	Declared bool   `json:"declared,omitempty"` // the answer tells, and the read is for engines that do not
}

// renderCatalog writes down the operations of all versions of an engine, the oldest first.
func renderCatalog(models []*Model) ([]byte, error) {
	var versions, releases []string
	records := map[string]*catalogRecord{}
	holds := map[string][]bool{}
	for i, m := range models {
		release, err := m.release()
		if err != nil {
			return nil, err
		}
		versions, releases = append(versions, m.Version), append(releases, release)
		for _, c := range m.Categories() {
			for _, op := range c.Operations {
				r, err := m.catalogRecord(release, c, op)
				if err != nil {
					return nil, fmt.Errorf("%s %s %s: %w", m.Engine, m.Version, op.ID, err)
				}
				text, err := compactJSON(r)
				if err != nil {
					return nil, err
				}
				if records[text] == nil {
					records[text], holds[text] = r, make([]bool, len(models))
				}
				holds[text][i] = true
			}
		}
	}
	sorted := keys(records)
	slices.SortStableFunc(sorted, func(a, b string) int {
		r, s := records[a], records[b]
		return slices.Compare(
			[]string{r.Category, r.Name, fmt.Sprintf("%04d", slices.Index(holds[a], true))},
			[]string{s.Category, s.Name, fmt.Sprintf("%04d", slices.Index(holds[b], true))})
	})
	head, err := compactJSON(versions)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"generated\":\"by specgen; do not edit\",\"engine\":%q,\"versions\":%s,", models[0].Engine, head)
	if !slices.Equal(versions, releases) {
		head, err := compactJSON(releases)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "\"releases\":%s,", head)
	}
	b.WriteString("\"operations\":[")
	for i, key := range sorted {
		records[key].Versions = ranges(versions, holds[key])
		line, err := compactJSON(records[key])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + line)
	}
	b.WriteString("\n]}\n")
	return b.Bytes(), nil
}

// ranges names the versions that hold, as ranges; one that reaches the newest version has no end.
func ranges(versions []string, holds []bool) string {
	var out []string
	for i := 0; i < len(versions); i++ {
		if !holds[i] {
			continue
		}
		first := i
		for i+1 < len(versions) && holds[i+1] {
			i++
		}
		switch {
		case i+1 == len(versions):
			out = append(out, versions[first]+"-")
		case i == first:
			out = append(out, versions[first])
		default:
			out = append(out, versions[first]+"-"+versions[i])
		}
	}
	return strings.Join(out, " ")
}

// versionPackage is how a type's text names the version that it is of, which a record leaves out.
var versionPackage = regexp.MustCompile(`\bv[0-9]+\.`)

func plainType(text string) string {
	return versionPackage.ReplaceAllString(strings.TrimPrefix(text, "*"), "")
}

// versionedPath is a path with the version that it begins with.
var versionedPath = regexp.MustCompile(`^/v([0-9.]+)(/.*)$`)

// release is the version that the paths of a model begin with: Podman's name the patch. Where an operation has another,
// most have this one.
func (m *Model) release() (string, error) {
	count := map[string]int{}
	for _, c := range m.Categories() {
		for _, op := range c.Operations {
			at := versionedPath.FindStringSubmatch(op.Path)
			if at == nil {
				return "", fmt.Errorf("%s %s %s: path %s does not begin with a version", m.Engine, m.Version, op.ID, op.Path)
			}
			count[at[1]]++
		}
	}
	return slices.MaxFunc(keys(count), func(a, b string) int { return count[a] - count[b] }), nil
}

func (m *Model) catalogRecord(release string, c Category, op *Operation) (*catalogRecord, error) {
	at := versionedPath.FindStringSubmatch(op.Path)
	r := &catalogRecord{
		ID: op.ID, Category: c.Name, Name: op.Name, Method: op.Method, Path: at[2], Slow: op.Slow, NotModified: op.NotModified, Others: op.Others,
		Summary: op.Summary,
		URL:     strings.ReplaceAll(op.URL, m.Version, "{version}"),
		Kind:    op.Result.Kind, Need: op.Result.Need, Upgrade: op.Upgrade, Lifetime: op.Lifetime,
	}
	if op.Result.Whole != "" {
		r.Need = append(slices.Clone(r.Need), op.Result.Whole)
	}
	if at[1] != release {
		r.At = at[1]
	}
	for _, p := range op.Parameters {
		r.Params = append(r.Params, m.catalogParam(c, op, p))
	}
	if op.Body != nil {
		r.Body = &catalogBody{MediaType: op.Body.ContentType, Required: !op.Body.Optional}
		if !op.Body.Upload {
			r.Body.MediaType = "application/json"
			for _, arg := range op.Args {
				if arg.Name == "body" {
					r.Body.Type = plainType(arg.Type)
				}
			}
		}
	}
	if _, element, found := strings.Cut(op.Result.Call, "["); found {
		r.Answer = plainType(strings.TrimSuffix(element, "]"))
	}
	if r.Kind == "headers" {
		t := m.typeNamed(c.Name, r.Answer)
		if t == nil {
			return nil, fmt.Errorf("no type %s of headers", r.Answer)
		}
		for _, f := range t.Fields {
			r.Headers = append(r.Headers, strings.TrimSuffix(strings.TrimPrefix(f.Tag, "`header:\""), "\"`"))
		}
	}
	if f := op.Framing; f != nil && f.Inspect != "" {
		i := slices.IndexFunc(c.Operations, func(o *Operation) bool { return o.Var == f.Inspect })
		if i < 0 {
			return nil, fmt.Errorf("no operation %s", f.Inspect)
		}
		r.TTY = &catalogTTY{c.Operations[i].ID, f.Member, f.Declared}
	}
	return r, nil
}

func (m *Model) catalogParam(c Category, op *Operation, p *Parameter) catalogParam {
	out := catalogParam{
		Name: p.Wire, In: p.In, Type: p.Type, Encoding: p.Send, Anonymous: p.Anonymous, Unset: p.Unset,
		Required: p.Required && !p.Anonymous, Lifetime: p.within(op.Lifetime),
	}
	if p.Type == goSecret {
		out.Type = "secret"
		return out
	}
	t := m.typeNamed(c.Name, p.Type)
	if p.Send != "" || t == nil || t.Kind == kindStruct {
		return out
	}
	out.Type = t.Type
	for _, v := range t.Values {
		out.Values = append(out.Values, strings.Trim(v.Value, `"`))
	}
	return out
}

func compactJSON(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}
