import type { RequestMessage, ResponseMessage, ResponseTo } from './message.ts';

/** What a response says beside what it repeats from its request. */
export type Answer<Response extends ResponseMessage> = Omit<
  Response,
  'type' | 'hasDataSet' | 'messageIdBeingRespondedTo' | 'affectedSopClassUid' | 'affectedSopInstanceUid'
> & { hasDataSet?: boolean };

/** The response to a request: it repeats the SOP class and instance, and the type of event or action, of the request. */
export function responseTo<Request extends RequestMessage>(
  request: Request,
  answer: Answer<ResponseTo<Request>>,
): ResponseTo<Request> {
  const response: Record<string, unknown> = {
    type: request.type.replace(/-RQ$/, '-RSP'),
    hasDataSet: false,
    messageIdBeingRespondedTo: request.messageId,
  };
  const sopClassUid =
    'requestedSopClassUid' in request ? request.requestedSopClassUid : request.affectedSopClassUid;
  response['affectedSopClassUid'] = sopClassUid;
  if ('requestedSopInstanceUid' in request)
    response['affectedSopInstanceUid'] = request.requestedSopInstanceUid;
  else if ('affectedSopInstanceUid' in request)
    response['affectedSopInstanceUid'] = request.affectedSopInstanceUid;
  if ('eventTypeId' in request) response['eventTypeId'] = request.eventTypeId;
  if ('actionTypeId' in request) response['actionTypeId'] = request.actionTypeId;
  return Object.assign(response, answer) as unknown as ResponseTo<Request>;
}
