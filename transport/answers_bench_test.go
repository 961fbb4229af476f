package transport

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// listed is an element of a large list, with the members that most programs look at.
type listed struct {
	ID      string            `json:"Id"`
	Names   []string          `json:"Names"`
	Image   string            `json:"Image"`
	Command string            `json:"Command"`
	Created int64             `json:"Created"`
	State   string            `json:"State"`
	Status  string            `json:"Status"`
	Labels  map[string]string `json:"Labels"`
}

func listedJSON(i int) string {
	return fmt.Sprintf(`{"Id":"%064x","Names":["/service-%d"],"Image":"registry.example/team/app:1.2.3","Command":"/bin/app --serve",`+
		`"Created":%d,"State":"running","Status":"Up 3 hours","Labels":{"app":"web","tier":"front","n":"%d"}}`, i, i, 1_700_000_000+i, i)
}

// BenchmarkAnswers decodes answers of each kind without a wire, so that what is done beside decoding shows.
func BenchmarkAnswers(b *testing.B) {
	docs := make([]string, 1000)
	for i := range docs {
		docs[i] = listedJSON(i)
	}
	progress := strings.Repeat(`{"status":"Downloading","progressDetail":{"current":123456,"total":987654},"progress":"[=====\u003e     ]  123kB/987kB","id":"0123456789ab"}`+"\r\n", 1000)
	type message struct {
		Status         string `json:"status"`
		Progress       string `json:"progress"`
		ID             string `json:"id"`
		ProgressDetail struct {
			Current int64 `json:"current"`
			Total   int64 `json:"total"`
		} `json:"progressDetail"`
	}
	for _, c := range []struct {
		name, body string
		call       func(c Caller) error
	}{
		{"list of 1000", "[" + strings.Join(docs, ",") + "]", func(c Caller) error { _, err := List[listed](b.Context(), c, opGet.Request(), "Id"); return err }},
		{"object", docs[0], func(c Caller) error { _, err := Object[listed](b.Context(), c, opGet.Request(), "Id"); return err }},
		{"object of 1 MB", `{"Id":"x","All":[` + strings.Join(docs, ",") + "]}", func(c Caller) error {
			_, err := Object[struct {
				ID  string   `json:"Id"`
				All []listed `json:"All"`
			}](b.Context(), c, opGet.Request(), "Id")
			return err
		}},
		{"sequence of 1000", strings.Join(docs, "\n"), func(c Caller) error {
			m, err := Sequence[listed](b.Context(), c, opGet.Request())
			if err != nil {
				return err
			}
			return m.Wait()
		}},
		{"progress of 1000", progress, func(c Caller) error {
			m, err := Sequence[message](b.Context(), c, opGet.Request())
			if err != nil {
				return err
			}
			return m.Wait()
		}},
		{"none", "", func(c Caller) error { return None(b.Context(), c, opGet.Request()) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			for b.Loop() {
				resp := answerOf(http.StatusOK, "application/json", c.body)
				if err := c.call(answering{resp}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
