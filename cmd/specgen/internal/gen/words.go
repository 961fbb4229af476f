package gen

// words are our own sentences for what facts alone don't explain.
type words struct {
	Packages   map[string]string `yaml:"packages"`
	Operations map[string]string `yaml:"operations"`
	Types      map[string]string `yaml:"types"`
	Fields     map[string]string `yaml:"fields"`
	Params     map[string]string `yaml:"params"`

	used map[string]bool
}

// sections are the sentences by what they are about.
func (w *words) sections() map[string]map[string]string {
	return map[string]map[string]string{
		"packages": w.Packages, "operations": w.Operations, "types": w.Types, "fields": w.Fields, "params": w.Params,
	}
}

// say returns the sentence about the first of the keys that has one.
func (w *words) say(section string, about ...string) string {
	if w.used == nil {
		w.used = map[string]bool{}
	}
	for _, key := range about {
		if text := w.sections()[section][key]; text != "" {
			w.used[section+"."+key] = true
			return text
		}
	}
	return ""
}

// unused returns the keys of sentences that nobody asked for.
func (w *words) unused() []string {
	var out []string
	sections := w.sections()
	for _, name := range keys(sections) {
		for _, key := range keys(sections[name]) {
			if !w.used[name+"."+key] {
				out = append(out, name+"."+key)
			}
		}
	}
	return out
}
