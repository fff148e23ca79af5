#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

// libcurl, loaded when it is first used. Nothing here refers to a symbol of the library, so
// nothing links it: its functions are called through the table that `curl_table_load` fills.
// setopt and getinfo are variadic, which Swift cannot call: one wrapper for each argument type.

#include <curl/curl.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

typedef struct {
  CURLcode (*global_init)(long flags);
  curl_version_info_data *(*version_info)(CURLversion age);
  CURL *(*easy_init)(void);
  void (*easy_cleanup)(CURL *easy);
  CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
  CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
  CURLcode (*easy_pause)(CURL *easy, int mask);
  const char *(*easy_strerror)(CURLcode code);
  struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
  void (*slist_free_all)(struct curl_slist *list);
  CURLM *(*multi_init)(void);
  CURLMcode (*multi_cleanup)(CURLM *multi);
  CURLMcode (*multi_add_handle)(CURLM *multi, CURL *easy);
  CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *easy);
  CURLMcode (*multi_setopt)(CURLM *multi, CURLMoption option, ...);
  CURLMcode (*multi_socket_action)(CURLM *multi, curl_socket_t socket, int events, int *running);
  CURLMsg *(*multi_info_read)(CURLM *multi, int *left);
} curl_table;

// Fills the table from the shared library `name`. Answers NULL, or what is missing; the library
// stays loaded for the life of the process.
static inline const char *curl_table_load(curl_table *table, const char *name) {
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return dlerror();
#define CURL_TABLE_ENTRY(field, symbol) \
  *(void **)(&table->field) = dlsym(library, symbol); \
  if (table->field == NULL) return "it has no function " symbol
  CURL_TABLE_ENTRY(global_init, "curl_global_init");
  CURL_TABLE_ENTRY(version_info, "curl_version_info");
  CURL_TABLE_ENTRY(easy_init, "curl_easy_init");
  CURL_TABLE_ENTRY(easy_cleanup, "curl_easy_cleanup");
  CURL_TABLE_ENTRY(easy_setopt, "curl_easy_setopt");
  CURL_TABLE_ENTRY(easy_getinfo, "curl_easy_getinfo");
  CURL_TABLE_ENTRY(easy_pause, "curl_easy_pause");
  CURL_TABLE_ENTRY(easy_strerror, "curl_easy_strerror");
  CURL_TABLE_ENTRY(slist_append, "curl_slist_append");
  CURL_TABLE_ENTRY(slist_free_all, "curl_slist_free_all");
  CURL_TABLE_ENTRY(multi_init, "curl_multi_init");
  CURL_TABLE_ENTRY(multi_cleanup, "curl_multi_cleanup");
  CURL_TABLE_ENTRY(multi_add_handle, "curl_multi_add_handle");
  CURL_TABLE_ENTRY(multi_remove_handle, "curl_multi_remove_handle");
  CURL_TABLE_ENTRY(multi_setopt, "curl_multi_setopt");
  CURL_TABLE_ENTRY(multi_socket_action, "curl_multi_socket_action");
  CURL_TABLE_ENTRY(multi_info_read, "curl_multi_info_read");
#undef CURL_TABLE_ENTRY
  return NULL;
}

static inline CURLcode curl_table_set_long(
    const curl_table *table, CURL *easy, CURLoption option, long value) {
  return table->easy_setopt(easy, option, value);
}

static inline CURLcode curl_table_set_size(
    const curl_table *table, CURL *easy, CURLoption option, curl_off_t value) {
  return table->easy_setopt(easy, option, value);
}

static inline CURLcode curl_table_set_text(
    const curl_table *table, CURL *easy, CURLoption option, const char *value) {
  return table->easy_setopt(easy, option, value);
}

static inline CURLcode curl_table_set_pointer(
    const curl_table *table, CURL *easy, CURLoption option, void *value) {
  return table->easy_setopt(easy, option, value);
}

// For CURLOPT_WRITEFUNCTION, CURLOPT_HEADERFUNCTION and CURLOPT_READFUNCTION.
static inline CURLcode curl_table_set_transfer(
    const curl_table *table, CURL *easy, CURLoption option,
    size_t (*function)(char *, size_t, size_t, void *)) {
  return table->easy_setopt(easy, option, function);
}

static inline CURLcode curl_table_set_seek(
    const curl_table *table, CURL *easy, curl_seek_callback function) {
  return table->easy_setopt(easy, CURLOPT_SEEKFUNCTION, function);
}

static inline CURLcode curl_table_set_prerequest(
    const curl_table *table, CURL *easy, curl_prereq_callback function) {
  return table->easy_setopt(easy, CURLOPT_PREREQFUNCTION, function);
}

static inline CURLcode curl_table_set_open_socket(
    const curl_table *table, CURL *easy, curl_opensocket_callback function) {
  return table->easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function);
}

static inline CURLcode curl_table_set_close_socket(
    const curl_table *table, CURL *easy, curl_closesocket_callback function) {
  return table->easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, function);
}

static inline CURLcode curl_table_get_long(
    const curl_table *table, CURL *easy, CURLINFO info, long *value) {
  return table->easy_getinfo(easy, info, value);
}

static inline CURLcode curl_table_get_size(
    const curl_table *table, CURL *easy, CURLINFO info, curl_off_t *value) {
  return table->easy_getinfo(easy, info, value);
}

static inline CURLMcode curl_table_multi_set_long(
    const curl_table *table, CURLM *multi, CURLMoption option, long value) {
  return table->multi_setopt(multi, option, value);
}

static inline CURLMcode curl_table_multi_set_pointer(
    const curl_table *table, CURLM *multi, CURLMoption option, void *value) {
  return table->multi_setopt(multi, option, value);
}

static inline CURLMcode curl_table_multi_set_socket(
    const curl_table *table, CURLM *multi, curl_socket_callback function) {
  return table->multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, function);
}

static inline CURLMcode curl_table_multi_set_timer(
    const curl_table *table, CURLM *multi, curl_multi_timer_callback function) {
  return table->multi_setopt(multi, CURLMOPT_TIMERFUNCTION, function);
}

// The union and the enumeration of a message, which Swift imports less conveniently.
static inline int curl_message_is_done(const CURLMsg *message) {
  return message->msg == CURLMSG_DONE;
}

static inline CURLcode curl_message_result(const CURLMsg *message) {
  return message->data.result;
}

#endif
